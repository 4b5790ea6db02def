import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { connect as connectNet } from "node:net";
import type { Answer } from "../http/answer.ts";
import type { LoadTarget } from "../plan/load-plan.ts";
import type { LoadError } from "../result/load-result.ts";
import type { ConnectionEvents, Exchange, TrafficConnection } from "./connection.ts";
import { errorOf } from "./connection.ts";

/**
 * HTTP/2: what the pool calls a connection is a place for one stream of a session that many share, as browsers and gateways use it. TLS
 * with ALPN, or in clear text to a server that expects it (prior knowledge).
 */
export interface Http2Options {
  readonly target: LoadTarget;
  readonly connectTimeoutMs: number;
  readonly sessions: Http2Sessions;
}

const streamsPerSession = 100;
const keptBytes = 1024 * 1024;
const mostBodyBytes = 256 * 1024 * 1024;

/** The sessions of one thread. */
export class Http2Sessions {
  readonly #target: LoadTarget;
  readonly #places = new Map<ClientHttp2Session, number>();

  constructor(target: LoadTarget) {
    this.#target = target;
  }

  /** One that has a stream free, or a new one. `release` gives the place back. */
  take(): ClientHttp2Session {
    for (const [session, taken] of this.#places) {
      if (taken >= streamsPerSession || session.closed || session.destroyed) continue;
      this.#places.set(session, taken + 1);
      return session;
    }
    const session = openSession(this.#target);
    // Each place listens; more than that would be a leak, and Node may say so.
    session.setMaxListeners(streamsPerSession + 10);
    this.#places.set(session, 1);
    session.once("close", () => this.#places.delete(session));
    // Told to every stream and to whoever waits for the connection; without a listener it would end the process.
    session.on("error", () => undefined);
    return session;
  }

  release(session: ClientHttp2Session): void {
    const taken = (this.#places.get(session) ?? 1) - 1;
    if (this.#places.has(session)) this.#places.set(session, taken);
    if (taken <= 0) session.destroy();
  }
}

export class Http2Connection implements TrafficConnection {
  readonly #session: ClientHttp2Session;
  readonly #events: ConnectionEvents;
  readonly #sessions: Http2Sessions;
  #state: "connecting" | "idle" | "busy" | "closed" = "connecting";
  #exchange: Exchange | undefined;
  lastFailure: { readonly error: LoadError; readonly detail: string } | undefined;

  constructor({ target, connectTimeoutMs, sessions }: Http2Options, events: ConnectionEvents) {
    this.#events = events;
    this.#sessions = sessions;
    this.#session = sessions.take();
    this.#authority = target;
    const timer = setTimeout(() => this.#end("connect-timeout", `no connection within ${connectTimeoutMs} ms`), connectTimeoutMs);
    const ready = () => {
      clearTimeout(timer);
      if (this.#state !== "connecting") return;
      this.#state = "idle";
      events.onFree(this);
    };
    if (this.#session.connecting) this.#session.once("connect", ready);
    else queueMicrotask(ready);
    this.#session.once("error", (error: Error) => this.#end(errorOf(error), error.message));
    this.#session.once("close", () => {
      clearTimeout(timer);
      this.#end("closed", "the connection closed");
    });
    this.#session.once("goaway", () => {
      if (this.#state === "idle") this.#end("closed", "the server sends requests elsewhere");
    });
  }

  readonly #authority: LoadTarget;

  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  send(exchange: Exchange): boolean {
    if (this.#state !== "idle" || this.#session.closed || this.#session.destroyed) return false;
    this.#state = "busy";
    this.#exchange = exchange;
    exchange.sentAt = performance.now();
    const { payload } = exchange;
    const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
    const { headers, body } = fromHttp1(bytes, this.#authority.scheme);
    const stream = this.#session.request(headers, { endStream: body.length === 0 });
    const answer: Answer & { status: number; bodyBytes: number; headText: string } = {
      status: 0,
      bodyBytes: 0,
      headText: "",
      body: Buffer.alloc(0),
    };
    const kept: Buffer[] = [];
    let problem: LoadError | undefined;
    stream.on("response", (answered) => {
      answer.status = Number(answered[":status"]);
      if (exchange.keep) answer.headText = headText(answered);
    });
    stream.on("data", (bytes: Buffer) => {
      answer.bodyBytes += bytes.length;
      if (exchange.keep && answer.bodyBytes <= keptBytes) kept.push(bytes);
      if (answer.bodyBytes > mostBodyBytes) {
        problem = "too-large";
        stream.close();
      }
    });
    stream.on("error", (error) => {
      problem ??= errorOf(error) === "closed" ? "reset" : errorOf(error);
    });
    stream.on("close", () => {
      if (this.#exchange !== exchange) return;
      this.#exchange = undefined;
      const at = performance.now();
      if (this.#state === "busy") this.#state = "idle";
      const isAnswered = problem === undefined && answer.status !== 0;
      if (isAnswered) exchange.onAnswer({ ...answer, body: Buffer.concat(kept) }, at);
      else exchange.onFailure(problem ?? "closed", "the stream ended before the answer", at);
      if (this.#state === "idle") this.#events.onFree(this);
      if (isAnswered) exchange.goOn();
    });
    if (body.length > 0) stream.end(body);
    return true;
  }

  abort(error: LoadError, detail: string): void {
    this.#end(error, detail);
  }

  close(): void {
    this.#end(undefined, "");
  }

  #end(error: LoadError | undefined, detail: string): void {
    if (this.#state === "closed") return;
    const wasConnecting = this.#state === "connecting";
    this.#state = "closed";
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (error !== undefined && exchange !== undefined) exchange.onFailure(error, detail, performance.now());
    if (error !== undefined && wasConnecting) this.lastFailure = { error, detail };
    this.#sessions.release(this.#session);
    this.#events.onClosed(this, undefined);
  }
}

function openSession(target: LoadTarget): ClientHttp2Session {
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  const authority = `${target.scheme}://${host}:${target.port}`;
  const { socketPath } = target;
  return connect(authority, {
    ...(socketPath === undefined || target.scheme === "https" ? {} : { createConnection: () => connectNet(socketPath) }),
    rejectUnauthorized: target.tls?.verify ?? true,
    ...(target.tls?.authorityPem === undefined ? {} : { ca: target.tls.authorityPem }),
    ...(target.tls?.serverName === undefined ? {} : { servername: target.tls.serverName }),
  });
}

/** The writer makes HTTP/1.1; RFC 9113 8.2 says how it reads here: names in lower case, no connection headers. */
function fromHttp1(payload: Buffer, scheme: string): { readonly headers: OutgoingHttpHeaders; readonly body: Buffer } {
  const end = payload.indexOf("\r\n\r\n");
  const [line = "", ...fields] = payload.toString("latin1", 0, end).split("\r\n");
  const [method = "GET", path = "/"] = line.split(" ");
  const headers: Record<string, string | string[]> = { ":method": method, ":path": path, ":scheme": scheme };
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    if (name === "host") headers[":authority"] = value;
    else if (name !== "connection" && name !== "transfer-encoding") headers[name] = value;
  }
  return { headers, body: payload.subarray(end + 4) };
}

/** As the captures and the cookie jar read it. */
function headText(headers: IncomingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(":") || value === undefined ? [] : [value].flat().map((each) => `${name}: ${each}`),
  );
  return [`HTTP/2 ${String(headers[":status"])}`, ...lines].join("\r\n");
}
