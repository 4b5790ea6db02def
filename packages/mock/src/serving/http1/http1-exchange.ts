import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { Header } from "@dojang/model";
import type { Fault } from "../../mapping/stub-mapping.ts";
import type { Answer, AnswerHead, AnswerStream, Exchange } from "../exchange.ts";
import { encodeAnswer, encodeChunk, type FramingContext, frameHead, lastChunk } from "./frame-answer.ts";
import type { Http1Options } from "./http1-connection.ts";
import type { RequestHead } from "./request-head.ts";

/** What becomes of the connection: it may serve the next request, it ends, or the client does not read (and reads again). */
export type Outcome = "ended" | "closing" | "blocked" | "flowing";

/** One request of an HTTP/1 connection and its answer. */
export class Http1Exchange implements Exchange, FramingContext {
  readonly method: string;
  readonly target: string;
  readonly authority = undefined;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1";
  readonly rawHeaders: readonly string[];
  readonly scheme: "http" | "https";
  readonly body: Buffer;
  readonly receivedAtMs = Date.now();
  readonly startedAtMs = performance.now();
  readonly #socket: Socket;
  readonly #options: Http1Options;
  readonly #report: (outcome: Outcome) => void;
  #keepAlive: boolean;
  #answered = false;
  #gone = false;
  #aborter: AbortController | undefined;
  #leaver: AbortController | undefined;
  #leaveTimer: NodeJS.Timeout | undefined;
  /** Waiting for the client to read: what then goes on. */
  #onDrained: (() => void) | undefined;

  constructor(socket: Socket, options: Http1Options, head: RequestHead, body: Buffer, report: (outcome: Outcome) => void) {
    this.#socket = socket;
    this.#options = options;
    this.#report = report;
    this.#keepAlive = head.keepAlive && options.connectionReuse;
    this.method = head.method;
    this.target = head.target;
    this.protocol = head.protocol;
    this.rawHeaders = head.rawHeaders;
    this.scheme = options.scheme;
    this.body = body;
  }

  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? "";
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  get gone(): boolean {
    return this.#gone;
  }

  get signal(): AbortSignal {
    this.#aborter ??= new AbortController();
    if (this.#gone) this.#aborter.abort();
    return this.#aborter.signal;
  }

  get leaving(): AbortSignal {
    this.#leaver ??= new AbortController();
    if (this.#gone) this.#leaver.abort();
    return this.#leaver.signal;
  }

  send(answer: Answer): Promise<void> | undefined {
    if (this.#begun()) return undefined;
    if (answer.cache !== undefined && this.#keepAlive && this.protocol === "HTTP/1.1" && this.method !== "HEAD") {
      const cached = answer.cache.http1;
      if (cached !== undefined) return this.#finish(this.#socket.write(cached), false);
      const encoded = encodeAnswer(answer, this);
      if (!encoded.closes) answer.cache.http1 = encoded.bytes;
      return this.#finish(this.#socket.write(encoded.bytes), encoded.closes);
    }
    const { bytes, closes } = encodeAnswer(answer, this);
    return this.#finish(this.#socket.write(bytes), closes);
  }

  begin(answer: AnswerHead): AnswerStream {
    if (this.#begun()) return absentClient;
    const head = frameHead(answer, undefined, false, this);
    this.#socket.write(Buffer.from(head.text, "latin1"));
    return {
      write: (chunk) => {
        if (this.#gone || head.body === "none" || chunk.length === 0) return Promise.resolve();
        return this.#flushed(this.#socket.write(head.body === "chunked" ? encodeChunk(chunk) : chunk));
      },
      end: () => {
        if (this.#gone) return;
        void this.#finish(head.body === "chunked" ? this.#socket.write(lastChunk) : true, head.closes);
      },
      abort: () => this.#socket.destroy(),
    };
  }

  /**
   * The faults as WireMock's server puts them on the wire: nothing at all, a reset, garbage instead of an answer, or garbage
   * where the size of a chunk belongs.
   */
  fail(fault: Fault, headers: readonly Header[]): void {
    if (this.#begun()) return;
    if (fault === "CONNECTION_RESET_BY_PEER") {
      this.#options.reset(this.#socket);
    } else if (fault === "EMPTY_RESPONSE") {
      void this.#finish(true, true);
    } else if (fault === "RANDOM_DATA_THEN_CLOSE") {
      void this.#finish(this.#socket.write(garbage), true);
    } else {
      const head = frameHead({ status: 200, headers }, undefined, false, this);
      void this.#finish(this.#socket.write(Buffer.concat([Buffer.from(head.text, "latin1"), garbage])), true);
    }
  }

  /** A bug of ours, or of a transformer: the client is told, and the next request is served. */
  crash(error: unknown): void {
    if (this.#answered) {
      this.#socket.destroy();
      return;
    }
    const body = Buffer.from(`${error instanceof Error ? error.message : String(error)}\n`, "utf8");
    void this.send({ status: 500, headers: [{ name: "Content-Type", value: "text/plain;charset=UTF-8" }], body, addLength: true });
  }

  /** The client has ended its side. */
  halfLeave(): void {
    this.#leaveTimer ??= setTimeout(() => {
      this.#leaver ??= new AbortController();
      this.#leaver.abort();
    }, halfClosedMs);
    this.#leaveTimer.unref();
  }

  /** The client has gone. */
  leave(): void {
    this.#gone = true;
    clearTimeout(this.#leaveTimer);
    this.#aborter?.abort();
    this.#leaver?.abort();
    this.#onDrained?.();
  }

  drained(): void {
    this.#onDrained?.();
  }

  closeAfterwards(): void {
    this.#keepAlive = false;
  }

  /** True when nothing may be written any more. */
  #begun(): boolean {
    if (this.#answered && !this.#gone) throw new Error("An exchange was answered twice.");
    this.#answered = true;
    return this.#gone;
  }

  #finish(flushed: boolean, closes: boolean): Promise<void> | undefined {
    clearTimeout(this.#leaveTimer);
    if (closes || !this.#keepAlive) {
      this.#report("closing");
      return undefined;
    }
    if (flushed) {
      this.#report("ended");
      return undefined;
    }
    this.#report("blocked");
    return new Promise((resolve) => {
      this.#onDrained = () => {
        this.#onDrained = undefined;
        if (!this.#gone) this.#report("ended");
        resolve();
      };
    });
  }

  #flushed(flushed: boolean): Promise<void> {
    if (flushed) return Promise.resolve();
    this.#report("blocked");
    return new Promise((resolve) => {
      this.#onDrained = () => {
        this.#onDrained = undefined;
        if (!this.#gone) this.#report("flowing");
        resolve();
      };
    });
  }
}

const absentClient: AnswerStream = { write: () => Promise.resolve(), end: () => {}, abort: () => {} };

const halfClosedMs = 2_000;
/** Byte for byte what WireMock sends: clients' tests may look for it. */
const garbage = Buffer.from("lskdu018973t09sylgasjkfg1][]'./.sdlv", "latin1");
