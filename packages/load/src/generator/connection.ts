import { writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Answer } from "../http/answer.ts";
import { type LastHead, ResponseReader } from "../http/response-reader.ts";
import type { LoadTarget } from "../plan/load-plan.ts";
import type { LoadError } from "../result/load-result.ts";
import type { ArrivalClock } from "./arrival-clock.ts";

/**
 * One keep-alive connection: connecting -> idle <-> busy -> closed. It carries one request at a time. `onFree` is called when it
 * can take the next, `onClosed` once at its end; an answer or its failure goes to the `Exchange` that asked.
 */
export interface Exchange {
  readonly method: string;
  /** Text is latin1: one character a byte. */
  readonly payload: Buffer | string;
  /** Whether head and body of the answer are wanted. */
  readonly keep: boolean;
  /** Sent again on another connection when this one turned out to have been closed while idle. */
  retried: boolean;
  /** performance.now() when the bytes were handed to the socket. */
  sentAt: number;
  /** `answer` holds only during the call. */
  onAnswer(answer: Answer, at: number): void;
  /** After `onAnswer`, when its connection is free for what follows. */
  goOn(): void;
  onFailure(error: LoadError, detail: string, at: number): void;
}

/** What the pool needs of a connection. */
export interface TrafficConnection {
  readonly exchange: Exchange | undefined;
  /** Why it never connected; known when `onClosed` is called. */
  readonly lastFailure: { readonly error: LoadError; readonly detail: string } | undefined;
  /** False when the connection has gone meanwhile; nothing was sent then. */
  send(exchange: Exchange): boolean;
  /** Ends it at once; what it carries fails with `error`. */
  abort(error: LoadError, detail: string): void;
  /** Ends it when it is idle; nothing fails. */
  close(): void;
}

export interface ConnectionEvents {
  onFree(connection: TrafficConnection): void;
  /** `unsent` is what it carried when the server had closed it before reading: to be sent again elsewhere. */
  onClosed(connection: TrafficConnection, unsent: Exchange | undefined): void;
}

export interface ConnectionOptions {
  readonly target: LoadTarget;
  readonly connectTimeoutMs: number;
  /** Requests before it is closed. */
  readonly requests: number;
  /** Shared by all connections of a thread: reads are synchronous. */
  readonly readBuffer: Buffer;
  /** Shared as well. */
  readonly lastHead?: LastHead;
  /** Shared as well. */
  readonly clock: ArrivalClock;
}

export class Connection implements TrafficConnection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #reader: ResponseReader;
  readonly #clock: ArrivalClock;
  readonly #requests: number;
  #exchange: Exchange | undefined;
  #state: "connecting" | "idle" | "busy" | "closed" = "connecting";
  #used = 0;
  /** Of the socket while everything it was given has been with the system at once. */
  #descriptor: number | undefined;
  #failure: { readonly error: LoadError; readonly detail: string } | undefined;

  lastFailure: { readonly error: LoadError; readonly detail: string } | undefined;

  constructor({ target, connectTimeoutMs, requests, readBuffer, lastHead, clock }: ConnectionOptions, events: ConnectionEvents) {
    this.#events = events;
    this.#clock = clock;
    this.#reader = new ResponseReader(lastHead);
    this.#requests = requests;
    const onread = { buffer: readBuffer, callback: (length: number, bytes: Uint8Array) => this.#onBytes(bytes as Buffer, length) };
    this.#socket = open(target, onread);
    if (target.scheme === "https") this.#socket.on("data", (bytes: Buffer) => void this.#onBytes(bytes, bytes.length));
    const timer = setTimeout(() => this.#fail("connect-timeout", `no connection within ${connectTimeoutMs} ms`), connectTimeoutMs);
    const ready = () => {
      clearTimeout(timer);
      if (this.#state !== "connecting") return;
      this.#state = "idle";
      if (target.scheme === "http") this.#descriptor = descriptorOf(this.#socket);
      this.#events.onFree(this);
    };
    this.#socket.setNoDelay(true);
    this.#socket.once(target.scheme === "https" ? "secureConnect" : "connect", ready);
    this.#socket.once("error", (error) => this.#fail(errorOf(error), error.message));
    this.#socket.once("end", () => this.#onEnd());
    this.#socket.once("close", () => {
      clearTimeout(timer);
      this.#finish();
    });
  }

  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  send(exchange: Exchange): boolean {
    if (this.#state !== "idle" || this.#socket.destroyed) return false;
    this.#state = "busy";
    this.#used++;
    this.#exchange = exchange;
    this.#reader.begin(exchange.method, exchange.keep);
    exchange.sentAt = performance.now();
    this.#write(exchange.payload);
    return true;
  }

  abort(error: LoadError, detail: string): void {
    this.#fail(error, detail);
  }

  close(): void {
    if (this.#state === "closed") return;
    if (this.#exchange === undefined) this.#failure = undefined;
    this.#socket.destroy();
    this.#finish();
  }

  /**
   * Straight to the system, which takes a request whole nearly always: the stream would make objects for the end of each write. What it
   * does not take goes through the stream, and so does everything after it, so that nothing overtakes; errors are the stream's as well.
   */
  #write(payload: Buffer | string): void {
    let written = 0;
    if (this.#descriptor !== undefined) {
      try {
        written = typeof payload === "string" ? writeSync(this.#descriptor, payload, null, "latin1") : writeSync(this.#descriptor, payload);
      } catch {
        // Full (EAGAIN) or broken: the stream waits, or says why.
      }
      if (written === payload.length) return;
      this.#descriptor = undefined;
    }
    if (typeof payload === "string") this.#socket.write(payload.slice(written), "latin1");
    else this.#socket.write(payload.subarray(written));
  }

  #onBytes(bytes: Buffer, length: number): boolean {
    const exchange = this.#exchange;
    // Bytes that nobody asked for: the connection cannot be trusted any more.
    if (exchange === undefined) {
      this.#socket.destroy();
      return true;
    }
    const progress = this.#reader.feed(bytes, length);
    if (progress === "done") this.#answered(exchange, this.#clock.now());
    else if (progress === "garbage") this.#fail("garbage", this.#reader.reason);
    else if (progress === "too-large") this.#fail("too-large", `more than ${this.#reader.bodyBytes} bytes of body`);
    return true;
  }

  #answered(exchange: Exchange, at: number): void {
    this.#exchange = undefined;
    const stays = this.#reader.keepAlive && this.#used < this.#requests;
    this.#state = "idle";
    exchange.onAnswer(this.#reader, at);
    if (stays) this.#events.onFree(this);
    else this.close();
    exchange.goOn();
  }

  #onEnd(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined && this.#reader.end() === "done") this.#answered(exchange, performance.now());
    else if (exchange !== undefined)
      this.#fail("closed", this.#reader.begun ? "closed in the middle of the answer" : "closed before the answer");
    else this.close();
  }

  #fail(error: LoadError, detail: string): void {
    if (this.#state === "closed") return;
    this.#failure ??= { error, detail };
    this.#socket.destroy();
    this.#finish();
  }

  #finish(): void {
    if (this.#state === "closed") return;
    const wasConnecting = this.#state === "connecting";
    this.#state = "closed";
    const exchange = this.#exchange;
    this.#exchange = undefined;
    const failure = this.#failure ?? { error: "closed" as const, detail: "the connection closed" };
    // A keep-alive connection that ended before a byte of the answer came was closed for being idle: no fault of this request.
    const wasIdle = exchange !== undefined && !exchange.retried && this.#used > 1 && !this.#reader.begun && isClose(failure.error);
    if (exchange !== undefined && !wasIdle) exchange.onFailure(failure.error, failure.detail, performance.now());
    this.lastFailure = wasConnecting ? failure : undefined;
    this.#events.onClosed(this, wasIdle ? exchange : undefined);
  }
}

interface OnRead {
  readonly buffer: Buffer;
  readonly callback: (length: number, bytes: Uint8Array) => boolean;
}

function open(target: LoadTarget, onread: OnRead): Socket {
  const at = target.socketPath === undefined ? { host: target.host, port: target.port } : { path: target.socketPath };
  if (target.scheme === "http") return connect({ ...at, onread, noDelay: true });
  return connectTls({
    ...at,
    servername: target.tls?.serverName ?? (/^[\d.]+$|:/.test(target.host) ? undefined : target.host),
    rejectUnauthorized: target.tls?.verify ?? true,
    ALPNProtocols: ["http/1.1"],
    ...(target.tls?.authorityPem === undefined ? {} : { ca: target.tls.authorityPem }),
  });
}

/** Node tells it of no socket in a documented way; where it does not, everything goes through the stream. */
function descriptorOf(socket: Socket): number | undefined {
  // Looked at, never trusted: whatever is there is checked.
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } | null };
  return typeof handle?.fd === "number" && handle.fd >= 0 ? handle.fd : undefined;
}

function isClose(error: LoadError): boolean {
  return error === "closed" || error === "reset";
}

const errorsByCode: Readonly<Record<string, LoadError>> = {
  ECONNREFUSED: "refused",
  ENOENT: "refused",
  EACCES: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "connect-timeout",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EADDRNOTAVAIL: "no-port",
  EMFILE: "no-port",
  ENFILE: "no-port",
};

export function errorOf(error: Error): LoadError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/CERT|TLS|SSL|ERR_OSSL|SELF_SIGNED|UNABLE_TO/.test(code)) return "tls";
  return errorsByCode[code] ?? "closed";
}
