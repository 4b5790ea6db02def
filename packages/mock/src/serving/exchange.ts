import type { Header } from "@dojang/model";
import type { Fault } from "../mapping/stub-mapping.ts";

/**
 * One request as it came over a wire, and the one answer it gets, whatever the protocol. The body has been read: what exceeds its
 * limit, and what is malformed, was answered by the connection and never becomes an exchange.
 *
 * Exactly one of `send`, `begin` and `fail` is called, once. After the client has gone they do nothing, and `gone` is true.
 */
export interface Exchange {
  /** As sent: case kept. */
  readonly method: string;
  /** As sent, byte for character, without a fragment: `/things?x=1`, `http://host/things` or `*`. */
  readonly target: string;
  /** HTTP/2's `:authority`, where the other protocols have a Host header. */
  readonly authority: string | undefined;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2.0";
  /** Name, value, name, value: order, case and repeats as sent. */
  readonly rawHeaders: readonly string[];
  readonly scheme: "http" | "https";
  /** Empty for a unix socket. */
  readonly remoteAddress: string;
  /** 0 for a unix socket. */
  readonly localPort: number;
  /** Without transfer coding; a Content-Encoding is still applied. */
  readonly body: Buffer;
  /** Milliseconds since the Unix epoch, when it had arrived. */
  readonly receivedAtMs: number;
  /** Same moment on the clock of performance.now(). */
  readonly startedAtMs: number;
  readonly gone: boolean;
  /** Aborted when the client has gone, which is also when the server closes. Made when first asked for. */
  readonly signal: AbortSignal;
  /**
   * Aborted also a while after the client ended its side. It may then have gone, or still wait for an answer: TCP does not tell.
   * For work that is not worth doing for nobody; whatever answers soon should not care.
   */
  readonly leaving: AbortSignal;
  /** A promise only where the client is slow to read: it resolves when the bytes are with the system, or the client has gone. */
  send(answer: Answer): Promise<void> | undefined;
  begin(answer: AnswerHead): AnswerStream;
  fail(fault: Fault, headers: readonly Header[]): void;
}

export interface AnswerHead {
  readonly status: number;
  /** The usual reason of the status when absent. */
  readonly statusMessage?: string;
  /** `Transfer-Encoding: chunked` is understood; `Content-Length` is sent as it is, right or wrong. */
  readonly headers: readonly Header[];
}

export interface Answer extends AnswerHead {
  readonly body: Buffer;
  /** Adds a `Content-Length` where the headers have none; otherwise the body is chunked where the protocol allows. */
  readonly addLength: boolean;
  /** Present in an answer that is sent many times: connections keep what they can send again here. */
  readonly cache?: { http1?: Buffer };
  /** Present where `headers` hold more than one Content-Type. */
  readonly severalTypes?: boolean;
}

/** An answer written piece by piece. */
export interface AnswerStream {
  /** Resolves when more may be written. */
  write(chunk: Buffer): Promise<void>;
  /** Ends the body as the client expects it to end. */
  end(): void;
  /** Breaks the connection, so that the client does not take a part for the whole. */
  abort(): void;
}

/** Answers every exchange of a listener. What it throws becomes a 500. */
export type Serve = (exchange: Exchange) => void | Promise<void>;
