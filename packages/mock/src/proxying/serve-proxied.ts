import { performance } from "node:perf_hooks";
import type { ServeEvent } from "../journal/serve-event.ts";
import type { ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import type { Call, Reply } from "../serving/call.ts";
import { complete, deliver, eventOf, newTiming, onTheWire } from "../serving/deliver.ts";
import type { Answer } from "../serving/exchange.ts";
import type { World } from "../serving/mock-world.ts";
import { deliverChecked } from "../serving/play-request.ts";
import { delayOf, wait } from "../serving/response-delay.ts";
import { hasSeveralTypes } from "../serving/stub-answer.ts";
import { HandshakeFailed, type IncomingAnswer, TargetDenied } from "./outbound-client.ts";
import { proxiedHeaders, proxyRequest } from "./proxy-request.ts";

export interface Proxied {
  readonly stub: StubMapping | undefined;
  readonly definition: ResponseDefinition;
  /** Where the request itself says it goes, instead of the definition's base. */
  readonly absoluteUrl?: string;
}

/**
 * Answers with what a target answers. The answer is collected, so that it can be checked, compressed and journaled as any other;
 * one that is large or an event stream is passed on as it comes, and its journal entry is made at its end.
 */
export async function serveProxied(world: World, call: Call, proxied: Proxied): Promise<void> {
  const { options } = world;
  const { definition, stub } = proxied;
  const outgoing = proxyRequest({
    request: call.request,
    body: call.exchange.body,
    definition,
    ...(proxied.absoluteUrl === undefined ? {} : { absoluteUrl: proxied.absoluteUrl }),
    options: options.proxy ?? {},
  });
  const reply = (answer: Answer): Reply => ({
    answeredBy: "proxy",
    stub,
    definition,
    answer,
    delayMs: delayOf(definition, world.settings),
    ...(definition.chunkedDribbleDelay === undefined ? {} : { dribble: definition.chunkedDribbleDelay }),
  });
  let incoming: IncomingAnswer;
  let head: Answer;
  let first: Collected;
  try {
    incoming = await world.outbound.send(outgoing, call.exchange.leaving);
    head = answerHead(world, incoming, definition);
    first = await collect(incoming, mustCollect(world, definition) ? Number.POSITIVE_INFINITY : passOnBytes);
  } catch (error) {
    await deliver(world, call, { ...reply(failure(outgoing.url, error)), delayMs: 0 });
    return;
  }
  if (world.options.recordMappings !== undefined && first.rest === undefined) {
    const { recordProxied } = await import("../recording/record-proxied.ts");
    await recordProxied(world, call.request, { ...head, body: first.body });
  }
  if (first.rest === undefined) await deliverChecked(world, call, reply({ ...head, body: first.body }));
  else await passOn(world, call, reply(head), { begin: first.body, rest: first.rest });
}

async function passOn(world: World, call: Call, reply: Reply, source: { begin: Buffer; rest: AsyncIterator<unknown> }): Promise<void> {
  const { exchange } = call;
  if (reply.delayMs > 0) await wait(reply.delayMs, exchange.signal);
  const timing = newTiming(call, reply.delayMs);
  const sendStartedMs = performance.now();
  const stream = exchange.begin(onTheWire(world, call, { ...reply.answer, body: source.begin }, { compress: false }));
  const kept: Buffer[] = [];
  let keptBytes = 0;
  const pass = async (chunk: Buffer): Promise<void> => {
    if (keptBytes < keepBytes) {
      kept.push(chunk);
      keptBytes += chunk.length;
    }
    await stream.write(chunk);
  };
  let broken = false;
  try {
    await pass(source.begin);
    for (let next = await source.rest.next(); next.done !== true && !exchange.gone; next = await source.rest.next())
      await pass(next.value as Buffer);
  } catch (error) {
    broken = true;
    call.notice("ERROR", { message: `The target broke off its answer: ${messageOf(error)}` });
  }
  await source.rest.return?.();
  const event: ServeEvent = eventOf(
    call,
    { ...reply, answer: { ...reply.answer, body: Buffer.concat(kept).subarray(0, keepBytes) } },
    timing,
  );
  world.journal.add(event);
  if (broken) stream.abort();
  else stream.end();
  complete(world, event, timing, sendStartedMs);
}

interface Collected {
  readonly body: Buffer;
  /** What follows `body`; undefined when that is all. */
  readonly rest: AsyncIterator<unknown> | undefined;
}

async function collect(incoming: IncomingAnswer, maxBytes: number): Promise<Collected> {
  const chunks = incoming.body[Symbol.asyncIterator]();
  if (isEventStream(incoming) && maxBytes !== Number.POSITIVE_INFINITY) return { body: Buffer.alloc(0), rest: chunks };
  const parts: Buffer[] = [];
  let received = 0;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    // An incoming message without an encoding gives buffers.
    const part = next.value as Buffer;
    parts.push(part);
    received += part.length;
    if (received > maxBytes) return { body: Buffer.concat(parts), rest: chunks };
    if (received > collectAtMostBytes) throw new Error(`The target's answer is larger than ${collectAtMostBytes} bytes.`);
  }
  return { body: Buffer.concat(parts, received), rest: undefined };
}

function answerHead(world: World, incoming: IncomingAnswer, definition: ResponseDefinition): Answer {
  const headers = proxiedHeaders(incoming.headers, definition, world.options.stubCors === true);
  return {
    status: incoming.status,
    statusMessage: incoming.statusMessage,
    headers,
    ...(hasSeveralTypes(headers) ? { severalTypes: true } : {}),
    body: Buffer.alloc(0),
    addLength: (world.options.chunkedEncoding ?? "always") !== "always",
  };
}

/** A strict contract may replace the answer, a dribble cuts it, a recording keeps it: they need all of it. */
function mustCollect(world: World, definition: ResponseDefinition): boolean {
  if (world.options.recordMappings !== undefined) return true;
  return world.recorder.status === "Recording" || world.options.mode === "strict" || definition.chunkedDribbleDelay !== undefined;
}

function isEventStream(incoming: IncomingAnswer): boolean {
  return incoming.headers.some(
    ({ name, value }) => name.toLowerCase() === "content-type" && value.toLowerCase().startsWith("text/event-stream"),
  );
}

/** The texts of WireMock: clients' tests know them. */
function failure(url: string, error: unknown): Answer {
  const denied = error instanceof TargetDenied;
  const kind = error instanceof HandshakeFailed ? "SSL" : "Network";
  const text = denied
    ? "The target proxy address is denied in WireMock's configuration."
    : `${kind} failure trying to make a proxied request from WireMock to ${url}\r\n${networkMessage(url, error)}`;
  return {
    status: 500,
    headers: denied ? [{ name: "Content-Type", value: "text/plain" }] : [],
    body: Buffer.from(text, "utf8"),
    addLength: false,
  };
}

/** As Java's HTTP client words what happens most. */
function networkMessage(url: string, error: unknown): string {
  const { host, hostname, port, protocol } = URL.canParse(url) ? new URL(url) : { host: url, hostname: url, port: "", protocol: "http:" };
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return `Connect to ${protocol}//${port === "" ? `${hostname}:${protocol === "https:" ? 443 : 80}` : host} failed: Connection refused`;
    case "ECONNRESET":
      return "Connection reset";
    case "ENOTFOUND":
      return hostname;
    default:
      return messageOf(error);
  }
}

/** Of several attempts at one name, the last. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors.at(-1));
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

const passOnBytes = 1_048_576;
const keepBytes = 1_048_576;
const collectAtMostBytes = 268_435_456;
