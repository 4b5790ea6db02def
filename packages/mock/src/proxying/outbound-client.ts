import { lookup as resolveName } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import type { Header } from "@dojang/model";
import type { ProxyOptions } from "../contract.ts";
import { type TargetRules, targetRules } from "./target-rules.ts";
import { TunnelAgent } from "./tunnel-agent.ts";

/** A request to another system, as it goes out: nothing is added to its headers but what frames its body, and a User-Agent where there is none. */
export interface OutgoingRequest {
  readonly method: string;
  /** Absolute. Its path goes out as it is. */
  readonly url: string;
  readonly headers: readonly Header[];
  readonly body: Buffer | undefined;
  /** Sends the body in chunks, without its length. Default false. */
  readonly chunked?: boolean;
  /** Takes any certificate. */
  readonly trustAll: boolean;
}

export interface IncomingAnswer {
  readonly status: number;
  readonly statusMessage: string;
  /** In order, case and repeats as received. */
  readonly headers: readonly Header[];
  /** Not decoded. To be read to its end, or destroyed. */
  readonly body: IncomingMessage;
}

/** Refused before anything was sent. */
export class TargetDenied extends Error {
  constructor(host: string) {
    super(`${host} is not among the allowed targets.`);
    this.name = "TargetDenied";
  }
}

/** The target is there, and TLS with it failed: its certificate, or no TLS at all. */
export class HandshakeFailed extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
    this.name = "HandshakeFailed";
  }
}

/** A URL that is none of http and https. */
export class UnusableTarget extends Error {
  constructor(url: string) {
    super(`${url} is no http or https URL.`);
    this.name = "UnusableTarget";
  }
}

/**
 * Reaches other systems for proxied stubs, recording and webhooks. Connections are kept and used again; a kept one that the other
 * side closed meanwhile is replaced once, since the whole request is at hand. Redirects, cookies and codings are left alone.
 */
export class OutboundClient {
  readonly #options: ProxyOptions;
  readonly #rules: TargetRules;
  readonly #agents = new Map<string, HttpAgent>();

  constructor(options: ProxyOptions = {}) {
    this.#options = options;
    this.#rules = targetRules(options.allowTargets, options.denyTargets);
  }

  /** Rejects with a TargetDenied, an UnusableTarget, a HandshakeFailed, or what the network said. */
  async send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingAnswer> {
    const target = parseTarget(request.url);
    if (!this.#rules.allows(target.hostname)) throw new TargetDenied(target.hostname);
    for (let attempt = 1; ; attempt++) {
      const sent = { reused: false };
      try {
        return await this.#sendOnce(request, target, signal, sent);
      } catch (error) {
        if (attempt > 1 || !sent.reused || signal.aborted || codeOf(error) !== "ECONNRESET") throw error;
      }
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #sendOnce(request: OutgoingRequest, target: Target, signal: AbortSignal, sent: { reused: boolean }): Promise<IncomingAnswer> {
    const timeoutMs = this.#options.timeoutMs ?? defaultTimeoutMs;
    // A tunnel is TLS already when the request is written into it.
    const send = target.secure && this.#options.via === undefined ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = send(this.#requestOptions(request, target), (incoming) => {
        // Whoever reads the body is told by the reading; when nobody does, it concerns nobody.
        incoming.on("error", ignore);
        resolve({
          status: incoming.statusCode ?? 0,
          statusMessage: incoming.statusMessage ?? "",
          headers: headerList(incoming.rawHeaders),
          body: incoming,
        });
      });
      let inHandshake = false;
      outgoing.once("socket", (socket) => {
        if (!target.secure || outgoing.reusedSocket) return;
        socket.once("connect", () => {
          inHandshake = true;
        });
        socket.once("secureConnect", () => {
          inHandshake = false;
        });
      });
      const abort = (): void => void outgoing.destroy(new Error("The request was given up."));
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`There was no answer within ${timeoutMs} ms.`)));
      outgoing.on("error", (error) => {
        sent.reused = outgoing.reusedSocket;
        reject(inHandshake ? new HandshakeFailed(error) : error);
      });
      outgoing.once("close", () => signal.removeEventListener("abort", abort));
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
      outgoing.end(request.body);
    });
  }

  #requestOptions(request: OutgoingRequest, target: Target): RequestOptions {
    const via = this.#options.via === undefined ? undefined : new URL(this.#options.via);
    const headers = request.headers.flatMap(({ name, value }) => [name, value]);
    if (!request.headers.some(({ name }) => name.toLowerCase() === "user-agent")) headers.push("User-Agent", "dojang-mock");
    if (request.chunked === true) headers.push("Transfer-Encoding", "chunked");
    else if (request.body !== undefined) headers.push("Content-Length", String(request.body.length));
    const common = { method: request.method, headers, setHost: false };
    if (via === undefined) {
      return {
        ...common,
        host: target.hostname,
        port: target.port,
        path: target.path,
        agent: this.#agent(target.secure, request.trustAll),
        ...(this.#rules.allowsAll ? {} : { lookup: lookupWithin(this.#rules) }),
      };
    }
    const authorization =
      via.username === ""
        ? undefined
        : `Basic ${Buffer.from(`${decodeURIComponent(via.username)}:${decodeURIComponent(via.password)}`).toString("base64")}`;
    if (target.secure)
      return {
        ...common,
        host: target.hostname,
        port: target.port,
        path: target.path,
        agent: this.#tunnel(via, authorization, request.trustAll),
      };
    return {
      ...common,
      headers: authorization === undefined ? headers : [...headers, "Proxy-Authorization", authorization],
      host: via.hostname,
      port: via.port === "" ? 80 : Number(via.port),
      path: `http://${target.authority}${target.path}`,
      agent: this.#agent(false, false),
    };
  }

  #agent(secure: boolean, trustAll: boolean): HttpAgent {
    return this.#kept(`${secure ? "https" : "http"} ${trustAll}`, () =>
      secure ? new HttpsAgent({ ...agentOptions, rejectUnauthorized: !trustAll }) : new HttpAgent(agentOptions),
    );
  }

  #tunnel(via: URL, authorization: string | undefined, trustAll: boolean): HttpAgent {
    return this.#kept(`tunnel ${trustAll}`, () => new TunnelAgent({ via, authorization, ...agentOptions, rejectUnauthorized: !trustAll }));
  }

  #kept(key: string, make: () => HttpAgent): HttpAgent {
    const kept = this.#agents.get(key);
    if (kept !== undefined) return kept;
    const agent = make();
    this.#agents.set(key, agent);
    return agent;
  }
}

export interface Target {
  readonly secure: boolean;
  readonly authority: string;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query, as given. */
  readonly path: string;
}

/** Splits a URL and changes nothing of it: the URL class would resolve dots and rewrite escapes, which the target should see. */
export function parseTarget(url: string): Target {
  const [, scheme, authority, path = ""] = /^(https?):\/\/([^/?#]+)([^#]*)/i.exec(url) ?? [];
  if (scheme === undefined || authority === undefined || !URL.canParse(`${scheme}://${authority}`)) throw new UnusableTarget(url);
  const { hostname, port } = new URL(`${scheme}://${authority}`);
  const secure = scheme.toLowerCase() === "https";
  return {
    secure,
    authority: authority.slice(authority.lastIndexOf("@") + 1),
    hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    port: port === "" ? (secure ? 443 : 80) : Number(port),
    path: escapeUnsafe(path.startsWith("/") ? path : `/${path}`),
  };
}

/** What may not be in a request line: spaces, control characters, everything beyond ASCII. */
function escapeUnsafe(path: string): string {
  return path.replace(/[^\x21-\x7e]+/g, (unsafe) => encodeURIComponent(unsafe.toWellFormed()));
}

/** Resolves IPv4 addresses and refuses a name of which one is not allowed. */
function lookupWithin(rules: TargetRules): LookupFunction {
  return (hostname, options, callback) => {
    resolveName(hostname, { ...options, family: 4, all: true }, (error, addresses) => {
      if (error !== null) callback(error, "");
      else if (addresses.length === 0 || addresses.some(({ address }) => !rules.allows(address))) callback(new TargetDenied(hostname), "");
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? "", 4);
    });
  };
}

export function headerList(raw: readonly string[]): readonly Header[] {
  const headers: Header[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) headers.push({ name: raw[index] ?? "", value: raw[index + 1] ?? "" });
  return headers;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function ignore(): void {}

const defaultTimeoutMs = 300_000;
const agentOptions = { keepAlive: true, maxSockets: 50, maxFreeSockets: 50, scheduling: "lifo" } as const;
