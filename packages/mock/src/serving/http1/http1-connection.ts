import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { Answer, Serve } from "../exchange.ts";
import { BodyReader } from "./body-reader.ts";
import { encodeAnswer } from "./frame-answer.ts";
import type { HeadTexts } from "./head-texts.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { MalformedRequest, parseRequestHead, type RequestHead } from "./request-head.ts";

/**
 * HTTP/1 on one socket. Node's own server is not used: its parser knows a fixed list of methods and refuses the others, and the
 * bytes of its answers cannot be made WireMock's.
 *
 * States: `head` (waiting for the end of a head), `body`, `serving` (an exchange has not ended: what a pipelining client sends
 * meanwhile stays buffered, and beyond 64 KiB in the system's buffers), `lingering` (the last answer was written; what the client
 * still sends is read and forgotten, because closing a socket with unread bytes resets it and may destroy the answer), `handed`
 * (another protocol owns the socket).
 *
 * Every state but `serving` has a deadline, which the listener checks about every second with `expire`. An error on the socket
 * ends this connection and nothing else.
 */
export interface Http1Options {
  readonly scheme: "http" | "https";
  readonly serve: Serve;
  readonly texts: HeadTexts;
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  readonly idleTimeoutMs: number;
  readonly connectionReuse: boolean;
  /** Ends the transport with a reset (RST) instead of an orderly close. */
  readonly reset: (socket: Socket) => void;
  /** Takes over a connection that begins with HTTP/2's preface. `begin` is what was read so far. */
  readonly takeOverHttp2?: (socket: Socket, begin: Buffer) => void;
  /** Takes over a tunnel after CONNECT was answered with 200. */
  readonly takeOverTunnel?: (socket: Socket, authority: string, begin: Buffer) => void;
}

export class Http1Connection {
  readonly #socket: Socket;
  readonly #options: Http1Options;
  #state: "head" | "body" | "serving" | "lingering" | "handed" = "head";
  #buffered: Buffer = empty;
  /** Where the search for the end of the head goes on. */
  #searched = 0;
  #head: RequestHead | undefined;
  #body: BodyReader | undefined;
  #exchange: Http1Exchange | undefined;
  #deadlineMs: number;
  #headStarted = false;
  #clientEnded = false;
  #advancing = false;

  constructor(socket: Socket, options: Http1Options) {
    this.#socket = socket;
    this.#options = options;
    this.#deadlineMs = performance.now() + options.idleTimeoutMs;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", ignore);
    socket.on("close", this.#onClose);
    socket.on("drain", this.#onDrain);
  }

  /** Ends the connection when its deadline has passed. */
  expire(nowMs: number): void {
    if (nowMs < this.#deadlineMs) return;
    if (this.#state === "body" || (this.#state === "head" && this.#headStarted)) {
      this.#refuse(new MalformedRequest(408, "The request did not arrive in time."));
    } else {
      this.#socket.destroy();
    }
  }

  /** Ends the connection after the answer in flight, at once when there is none. */
  close(): void {
    if (this.#state === "handed") return;
    if (this.#exchange === undefined) this.#socket.destroySoon();
    else this.#exchange.closeAfterwards();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === "lingering") return;
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    if (this.#state === "serving") {
      if (this.#buffered.length > maxPipelinedBytes) this.#socket.pause();
      return;
    }
    this.#advance();
  };

  readonly #onEnd = (): void => {
    this.#clientEnded = true;
    if (this.#state === "body") this.#refuse(new MalformedRequest(400, "The body ended early."));
    else if (this.#state === "head") this.#socket.end();
    else if (this.#state === "lingering") this.#socket.destroy();
    else this.#exchange?.halfLeave();
  };

  readonly #onClose = (): void => {
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#buffered = empty;
    this.#exchange?.leave();
    this.#exchange = undefined;
  };

  readonly #onDrain = (): void => {
    this.#exchange?.drained();
  };

  /** Takes requests from the buffer until bytes are missing or one is being served. A loop: a client may send thousands at once. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    try {
      while (this.#step());
    } catch (error) {
      if (!(error instanceof MalformedRequest)) throw error;
      this.#refuse(error);
    } finally {
      this.#advancing = false;
    }
  }

  #step(): boolean {
    if (this.#state === "head") return this.#readHead();
    if (this.#state === "body") return this.#readBody();
    return false;
  }

  #readHead(): boolean {
    if (!this.#headStarted) {
      this.#skipEmptyLines();
      if (this.#buffered.length === 0) {
        if (this.#clientEnded) this.#socket.end();
        return false;
      }
      const first = this.#buffered[0] ?? 0;
      // A TLS handshake on the plain port would otherwise wait for a line end that never comes.
      if (first <= 0x20 || first >= 0x7f) throw new MalformedRequest(400, "This is no HTTP: a request begins with a method.");
      this.#headStarted = true;
      this.#searched = 0;
      this.#deadlineMs = performance.now() + this.#options.idleTimeoutMs;
    }
    const end = endOfHead(this.#buffered, this.#searched);
    if (end === undefined) {
      if (this.#buffered.length > this.#options.maxHeaderBytes) {
        throw new MalformedRequest(431, `The head is larger than ${this.#options.maxHeaderBytes} bytes.`);
      }
      this.#searched = Math.max(0, this.#buffered.length - 3);
      if (this.#clientEnded) this.#socket.end();
      return false;
    }
    if (end.next > this.#options.maxHeaderBytes) {
      throw new MalformedRequest(431, `The head is larger than ${this.#options.maxHeaderBytes} bytes.`);
    }
    if (this.#takeOver(end)) return false;
    const head = parseRequestHead(this.#buffered, end.lines, this.#options.texts);
    this.#consume(end.next);
    this.#headStarted = false;
    this.#head = head;
    if (head.method === "CONNECT") return this.#tunnel(head);
    if (head.body.kind === "none") {
      this.#dispatch(head, empty);
      return true;
    }
    this.#body = new BodyReader(head.body, this.#options.maxBodyBytes);
    this.#state = "body";
    if (head.expectsContinue && this.#buffered.length === 0) this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    return true;
  }

  #readBody(): boolean {
    // Set with the state by #readHead.
    const body = this.#body as BodyReader;
    this.#deadlineMs = performance.now() + this.#options.idleTimeoutMs;
    this.#consume(body.feed(this.#buffered));
    if (!body.done) {
      if (this.#clientEnded) throw new MalformedRequest(400, "The body ended early.");
      return false;
    }
    const head = this.#head as RequestHead;
    this.#body = undefined;
    this.#dispatch(head, body.take());
    return true;
  }

  #dispatch(head: RequestHead, body: Buffer): void {
    this.#state = "serving";
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    const exchange = new Http1Exchange(this.#socket, this.#options, head, body, this.#onAnswered);
    this.#exchange = exchange;
    try {
      const served = this.#options.serve(exchange);
      if (served !== undefined) served.catch((error: unknown) => exchange.crash(error));
    } catch (error) {
      exchange.crash(error);
    }
  }

  /** Called by the exchange when its answer is with the system, or when it takes longer: with a deadline for the client to read. */
  readonly #onAnswered = (state: "ended" | "closing" | "blocked" | "flowing"): void => {
    if (state === "blocked") {
      this.#deadlineMs = performance.now() + this.#options.idleTimeoutMs;
    } else if (state === "flowing") {
      this.#deadlineMs = Number.POSITIVE_INFINITY;
    } else if (state === "closing") {
      this.#exchange = undefined;
      this.#linger();
    } else {
      this.#exchange = undefined;
      this.#state = "head";
      this.#deadlineMs = performance.now() + this.#options.idleTimeoutMs;
      if (this.#socket.isPaused()) this.#socket.resume();
      if (this.#buffered.length > 0) this.#advance();
      else if (this.#clientEnded) this.#socket.end();
    }
  };

  #refuse(reason: MalformedRequest): void {
    this.#buffered = empty;
    this.#exchange = undefined;
    const body = Buffer.from(`${reason.message}\n`, "utf8");
    const headers = [
      { name: "Content-Type", value: "text/plain;charset=UTF-8" },
      { name: "Connection", value: "close" },
    ];
    const answer: Answer = { status: reason.status, headers, body, addLength: true };
    this.#socket.write(encodeAnswer(answer, { method: "GET", protocol: "HTTP/1.1", keepAlive: false }).bytes);
    this.#linger();
  }

  #linger(): void {
    this.#state = "lingering";
    this.#buffered = empty;
    this.#deadlineMs = performance.now() + lingerMs;
    this.#socket.end();
    if (this.#clientEnded) this.#socket.destroySoon();
    else this.#socket.resume();
  }

  #takeOver(end: EndOfHead): boolean {
    const { takeOverHttp2 } = this.#options;
    if (takeOverHttp2 === undefined || end.next !== http2Preface.length) return false;
    if (!this.#buffered.subarray(0, end.next).equals(http2Preface)) return false;
    const begin = this.#leave();
    takeOverHttp2(this.#socket, begin);
    return true;
  }

  #tunnel(head: RequestHead): boolean {
    const { takeOverTunnel } = this.#options;
    if (takeOverTunnel === undefined) {
      this.#socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      return true;
    }
    this.#socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    const begin = this.#leave();
    takeOverTunnel(this.#socket, head.target, begin);
    return false;
  }

  /** Lets go of the socket and returns what was read from it and not used. */
  #leave(): Buffer {
    const begin = this.#buffered;
    this.#state = "handed";
    this.#buffered = empty;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#socket.off("data", this.#onData);
    this.#socket.off("end", this.#onEnd);
    this.#socket.off("close", this.#onClose);
    this.#socket.off("drain", this.#onDrain);
    this.#socket.pause();
    return begin;
  }

  #skipEmptyLines(): void {
    let start = 0;
    while (this.#buffered[start] === 0x0d || this.#buffered[start] === 0x0a) start++;
    if (start > 0) this.#consume(start);
  }

  #consume(count: number): void {
    this.#buffered = count === this.#buffered.length ? empty : this.#buffered.subarray(count);
  }
}

interface EndOfHead {
  /** The length of the lines before the empty one. */
  readonly lines: number;
  /** The first byte after the head. */
  readonly next: number;
}

/** Finds the empty line that ends a head. Lines end in CRLF, or in LF alone. */
function endOfHead(bytes: Buffer, from: number): EndOfHead | undefined {
  let lineFeed = bytes.indexOf(0x0a, from);
  while (lineFeed >= 0) {
    if (bytes[lineFeed + 1] === 0x0a) return { lines: lineFeed + 1, next: lineFeed + 2 };
    if (bytes[lineFeed + 1] === 0x0d && bytes[lineFeed + 2] === 0x0a) return { lines: lineFeed + 1, next: lineFeed + 3 };
    lineFeed = bytes.indexOf(0x0a, lineFeed + 1);
  }
  return undefined;
}

function ignore(): void {}

const empty: Buffer = Buffer.alloc(0);
/** The first lines of HTTP/2's preface look like a request, on purpose (RFC 9113, section 3.4). */
const http2Preface = Buffer.from("PRI * HTTP/2.0\r\n\r\n", "latin1");
const maxPipelinedBytes = 65_536;
const lingerMs = 1_000;
