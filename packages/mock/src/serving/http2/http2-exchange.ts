import type { OutgoingHttpHeaders, ServerHttp2Stream, ServerStreamResponseOptions } from "node:http2";
import { performance } from "node:perf_hooks";
import type { Header } from "@dojang/model";
import type { Fault } from "../../mapping/stub-mapping.ts";
import type { Answer, AnswerHead, AnswerStream, Exchange } from "../exchange.ts";
import { sanitized } from "../http1/frame-answer.ts";

export interface Http2Request {
  readonly method: string;
  readonly target: string;
  readonly authority: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly scheme: "http" | "https";
  readonly remoteAddress: string;
  readonly localPort: number;
}

/** One stream of an HTTP/2 session. There is no status message, and no framing headers: the protocol has its own. */
export class Http2Exchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly authority: string | undefined;
  readonly protocol = "HTTP/2.0";
  readonly rawHeaders: readonly string[];
  readonly scheme: "http" | "https";
  readonly remoteAddress: string;
  readonly localPort: number;
  readonly body: Buffer;
  readonly receivedAtMs = Date.now();
  readonly startedAtMs = performance.now();
  readonly #stream: ServerHttp2Stream;
  readonly #breakConnection: (reset: boolean) => void;
  #answered = false;
  #aborter: AbortController | undefined;

  constructor(stream: ServerHttp2Stream, request: Http2Request, breakConnection: (reset: boolean) => void) {
    this.#stream = stream;
    this.#breakConnection = breakConnection;
    this.method = request.method;
    this.target = request.target;
    this.authority = request.authority;
    this.rawHeaders = request.rawHeaders;
    this.scheme = request.scheme;
    this.remoteAddress = request.remoteAddress;
    this.localPort = request.localPort;
    this.body = request.body;
    stream.once("close", () => this.#aborter?.abort());
  }

  get gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  get signal(): AbortSignal {
    this.#aborter ??= new AbortController();
    if (this.gone) this.#aborter.abort();
    return this.#aborter.signal;
  }

  /** Here a client that leaves says so. */
  get leaving(): AbortSignal {
    return this.signal;
  }

  send(answer: Answer): Promise<void> | undefined {
    if (this.#begun()) return undefined;
    const headers = outgoing(answer);
    if (answer.addLength && headers["content-length"] === undefined && answer.status !== 204)
      headers["content-length"] = answer.body.length;
    if (hasNoBody(answer.status, this.method) || answer.body.length === 0) {
      this.#stream.respond(headers, { ...withoutDate, endStream: true });
      return undefined;
    }
    const stream = this.#stream;
    stream.respond(headers, withoutDate);
    if (answer.body.length <= flushedAtOnceBytes) {
      stream.end(answer.body);
      return undefined;
    }
    return new Promise((resolve) => {
      stream.once("close", resolve);
      stream.end(answer.body, resolve);
    });
  }

  begin(answer: AnswerHead): AnswerStream {
    if (this.#begun()) return { write: () => Promise.resolve(), end: () => {}, abort: () => {} };
    const stream = this.#stream;
    const noBody = hasNoBody(answer.status, this.method);
    stream.respond(outgoing(answer), { ...withoutDate, endStream: noBody });
    return {
      write: (chunk) => {
        if (noBody || this.gone || stream.write(chunk)) return Promise.resolve();
        return new Promise((resolve) => {
          const done = (): void => {
            stream.off("drain", done);
            stream.off("close", done);
            resolve();
          };
          stream.on("drain", done);
          stream.on("close", done);
        });
      },
      end: () => {
        if (!noBody && !this.gone) stream.end();
      },
      abort: () => stream.destroy(new Error("The answer was broken off.")),
    };
  }

  /** Every fault is one of the connection, as with WireMock: other streams of the session die with this one. */
  fail(fault: Fault, headers: readonly Header[]): void {
    if (this.#begun()) return;
    if (fault === "MALFORMED_RESPONSE_CHUNK") {
      this.#stream.respond(outgoing({ status: 200, headers }), withoutDate);
      this.#stream.destroy(new Error("The answer was broken off."));
      return;
    }
    this.#breakConnection(fault === "CONNECTION_RESET_BY_PEER");
  }

  crash(error: unknown): void {
    if (this.#answered) {
      this.#stream.destroy(new Error("The answer was broken off."));
      return;
    }
    const body = Buffer.from(`${error instanceof Error ? error.message : String(error)}\n`, "utf8");
    void this.send({ status: 500, headers: [{ name: "content-type", value: "text/plain;charset=UTF-8" }], body, addLength: true });
  }

  #begun(): boolean {
    if (this.#answered && !this.gone) throw new Error("An exchange was answered twice.");
    this.#answered = true;
    return this.gone;
  }
}

function hasNoBody(status: number, method: string): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

function outgoing(answer: AnswerHead): OutgoingHttpHeaders {
  // An interim status ends nothing (RFC 9113, section 8.1), and Node sends none above 599.
  const status = answer.status >= 200 && answer.status <= 599 ? answer.status : 500;
  const headers: Record<string, number | string | string[]> = { ":status": status };
  for (const { name, value } of answer.headers) {
    const lower = name.toLowerCase();
    if (ofConnection.has(lower) || !headerName.test(lower)) continue;
    const clean = sanitized(value).trim();
    const before = headers[lower];
    if (before === undefined) headers[lower] = clean;
    else headers[lower] = Array.isArray(before) ? [...before, clean] : lower === "content-length" ? clean : [String(before), clean];
  }
  return headers;
}

/** Not allowed in HTTP/2 (RFC 9113, section 8.2.2). */
const ofConnection = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "te",
  "host",
]);
/** Below the window every client opens (RFC 9113, section 6.9.2). */
const flushedAtOnceBytes = 65_535;
const headerName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** WireMock sends no Date. Node has the option since 8.5 and does not document it. */
const withoutDate: ServerStreamResponseOptions = { sendDate: false } as ServerStreamResponseOptions;
