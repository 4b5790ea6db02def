import type { ServeEvent } from "../journal/serve-event.ts";
import type { JsonObject, ServeEventListenerDefinition } from "../mapping/stub-mapping.ts";
import type { OutboundClient } from "../proxying/outbound-client.ts";
import { TargetDenied } from "../proxying/outbound-client.ts";
import { readAtMost } from "../proxying/read-at-most.ts";
import { printHeaders, printRequest } from "../request/print-request.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { sampleDelay, wait } from "../serving/response-delay.ts";
import type { TemplateEngine } from "../templating/template-engine.ts";
import { renderWebhook, type Webhook } from "./webhook-definition.ts";

export interface WebhookOptions {
  readonly outbound: OutboundClient;
  readonly templates: TemplateEngine;
  /** Receives what happened, for the journal entry of the event that caused it. */
  readonly note: (event: ServeEvent, type: string, data: Readonly<Record<string, unknown>>) => void;
  /** Ends everything that waits or is under way. */
  readonly signal: AbortSignal;
  readonly preserveUserAgent: boolean;
  /** Requests under way at once; more wait. Default 10. */
  readonly maxInFlight?: number;
  /** Of one request. Default 30 s. */
  readonly timeoutMs?: number;
}

/**
 * Makes the requests of stubs' `webhook` listeners after their answers. Waiting delays hold no place among those in flight. A stub
 * may cause webhooks faster than they can be made; beyond 10,000 waiting ones the newest is given up, and the journal says so.
 */
export class Webhooks {
  readonly #options: WebhookOptions;
  readonly #waiting: (() => Promise<void>)[] = [];
  #inFlight = 0;
  #pending = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  serve(event: ServeEvent): void {
    for (const listener of event.stub?.serveEventListeners ?? []) {
      if (listener.name !== "webhook")
        this.#note(event, "ERROR", { message: `There is no listener named "${listener.name}": only webhook is known.` });
      else if (firesAfterwards(listener)) this.#schedule(event, listener.parameters);
    }
  }

  #schedule(event: ServeEvent, parameters: JsonObject): void {
    let webhook: Webhook;
    try {
      webhook = renderWebhook(parameters, event.request, this.#options.templates);
      this.#note(event, "WEBHOOK_REQUEST", printWebhook(webhook));
    } catch (error) {
      this.#note(event, "ERROR", { message: `Exception thrown while configuring webhook: ${messageOf(error)}` });
      return;
    }
    if (this.#pending >= maxPending) {
      this.#note(event, "ERROR", { message: `Failed to fire webhook ${webhook.method} ${webhook.url}: ${maxPending} others wait already` });
      return;
    }
    this.#pending++;
    const delayMs = webhook.delay === undefined ? 0 : sampleDelay(webhook.delay);
    void wait(delayMs, this.#options.signal).then(() => this.#enqueue(() => this.#fire(event, webhook)));
  }

  #enqueue(fire: () => Promise<void>): void {
    this.#waiting.push(fire);
    this.#next();
  }

  #next(): void {
    if (this.#inFlight >= (this.#options.maxInFlight ?? 10)) return;
    const fire = this.#waiting.shift();
    if (fire === undefined) return;
    this.#inFlight++;
    // `fire` never rejects: it notes what goes wrong.
    void fire().then(() => {
      this.#inFlight--;
      this.#pending--;
      this.#next();
    });
  }

  async #fire(event: ServeEvent, webhook: Webhook): Promise<void> {
    const { outbound, signal, timeoutMs = 30_000 } = this.#options;
    if (signal.aborted) return;
    // Not AbortSignal.any: one signal lives as long as the server, and would gather all that ever depended on it.
    const limit = new AbortController();
    const abort = (): void => limit.abort();
    const timer = setTimeout(abort, timeoutMs);
    signal.addEventListener("abort", abort, { once: true });
    try {
      const answer = await outbound.send(outgoing(webhook, this.#options.preserveUserAgent), limit.signal);
      const { body } = await readAtMost(answer.body, maxAnswerBytes);
      this.#note(event, "WEBHOOK_RESPONSE", {
        status: answer.status,
        headers: printHeaders(answer.headers),
        bodyAsBase64: body.toString("base64"),
        body: body.toString("utf8"),
      });
    } catch (error) {
      if (signal.aborted) return;
      this.#note(event, "ERROR", { message: failureOf(event, webhook, error) });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  #note(event: ServeEvent, type: string, data: Readonly<Record<string, unknown>>): void {
    this.#options.note(event, type, data);
  }
}

function firesAfterwards({ requestPhases }: ServeEventListenerDefinition): boolean {
  return requestPhases === undefined || requestPhases.includes("AFTER_COMPLETE");
}

function outgoing(webhook: Webhook, preserveUserAgent: boolean) {
  const headers = webhook.headers.filter(
    ({ name }) => !ofConnection.has(name.toLowerCase()) && (preserveUserAgent || name.toLowerCase() !== "user-agent"),
  );
  const named = headers.some(({ name }) => name.toLowerCase() === "host");
  const host = /^https?:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(webhook.url)?.[1] ?? "";
  return {
    method: webhook.method,
    url: webhook.url,
    headers: named ? headers : [{ name: "Host", value: host }, ...headers],
    body: withBody.has(webhook.method) ? webhook.body : undefined,
    trustAll: true,
  };
}

/** The request as the journal shows it: what it asks, without what only a received request has. */
function printWebhook(webhook: Webhook): JsonObject {
  const request = receiveRequest({
    method: webhook.method,
    target: webhook.url,
    rawHeaders: webhook.headers.flatMap(({ name, value }) => [name, value]),
    httpVersion: "1.1",
    scheme: "http",
    body: (withBody.has(webhook.method) ? webhook.body : undefined) ?? Buffer.alloc(0),
  });
  const { clientIp: _ip, cookies: _cookies, protocol: _protocol, ...printed } = printRequest(request);
  if (request.body.length > 0) return printed;
  const { body: _body, bodyAsBase64: _base64, ...empty } = printed;
  return empty;
}

function failureOf(event: ServeEvent, webhook: Webhook, error: unknown): string {
  if (error instanceof TargetDenied) {
    const stub = event.stub?.name ?? event.stub?.id ?? "<no name or id>";
    return `The target webhook address ${webhook.url} specified by stub ${stub} is denied in WireMock's configuration.`;
  }
  return `Failed to fire webhook ${webhook.method} ${webhook.url}: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const withBody = new Set(["POST", "PUT", "PATCH"]);
const ofConnection = new Set(["connection", "content-length", "transfer-encoding", "upgrade"]);
const maxPending = 10_000;
const maxAnswerBytes = 1_048_576;
