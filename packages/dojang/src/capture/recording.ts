import { randomUUID } from "node:crypto";
import type { BodyRef, RequestId, Transaction } from "@dojang/model";
import { BodyTap, type CapturedBody, finishBody } from "./captured-body.ts";
import type { FactQueue } from "./fact-queue.ts";
import { headerValue, type RawHeaders, toHeaders } from "./headers.ts";
import type { Redactor } from "./redaction.ts";

export interface RecordingStart {
  readonly kind: Transaction["kind"];
  readonly lane: number;
  readonly testAttempt: string | undefined;
  readonly requestId: RequestId;
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: RawHeaders;
}

/** Shared by all recordings of a recorder. */
export interface RecordingOptions {
  readonly environment: string;
  readonly bodyCapBytes: number;
  readonly redact: Redactor;
  readonly queue: FactQueue;
  readonly onProblem: (message: string) => void;
}

/** The recordings that have not ended, and those whose bodies are still being decoded. */
export class OpenRecordings {
  readonly #open = new Set<Recording>();
  readonly #finishing = new Set<Promise<void>>();

  get count(): number {
    return this.#open.size;
  }

  add(recording: Recording): void {
    this.#open.add(recording);
  }

  finishing(recording: Recording, done: Promise<void>): void {
    this.#open.delete(recording);
    this.#finishing.add(done);
    void done.finally(() => this.#finishing.delete(done));
  }

  endAll(error: string): void {
    for (const recording of [...this.#open]) recording.end(error);
  }

  async settled(): Promise<void> {
    while (this.#finishing.size > 0) await Promise.all(this.#finishing);
  }
}

/**
 * One transaction in the making. Its methods are told what happens on the wire and never fail; `end` may be called by
 * whoever notices first, and only the first call counts.
 */
export class Recording {
  readonly request: BodyTap;
  readonly response: BodyTap;
  readonly #start: RecordingStart;
  readonly #options: RecordingOptions;
  readonly #open: OpenRecordings;
  readonly #startedAt = now();
  #kind: Transaction["kind"];
  #status: number | undefined;
  #responseHeaders: RawHeaders = [];
  #firstByteMs: number | undefined;
  #ended = false;
  #transcript: (() => { text: string; sizeBytes: number; truncated: boolean }) | undefined;

  constructor(start: RecordingStart, options: RecordingOptions, open: OpenRecordings) {
    this.#start = start;
    this.#options = options;
    this.#open = open;
    this.#kind = start.kind;
    this.request = new BodyTap(options.bodyCapBytes);
    this.response = new BodyTap(options.bodyCapBytes);
    open.add(this);
  }

  get ended(): boolean {
    return this.#ended;
  }

  answered(status: number, headers: RawHeaders): void {
    this.#status = status;
    this.#responseHeaders = headers;
    this.#firstByteMs = now() - this.#startedAt;
    if (this.#kind === "http" && /^text\/event-stream/i.test(headerValue(headers, "content-type") ?? "")) this.#kind = "sse";
  }

  /** What stands in for the response body when the exchange is a conversation: read once, at the end. */
  transcribe(read: () => { text: string; sizeBytes: number; truncated: boolean }): void {
    this.#transcript = read;
  }

  end(error?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const durationMs = now() - this.#startedAt;
    const finish = this.#finish(durationMs, error).catch((cause: unknown) => {
      this.#options.onProblem(`${this.#start.method} ${this.#start.url} went through but could not be recorded: ${cause}`);
    });
    this.#open.finishing(this, finish);
  }

  async #finish(durationMs: number, error: string | undefined): Promise<void> {
    const { environment, redact, queue } = this.#options;
    const start = this.#start;
    const [requestBody, responseBody] = await Promise.all([
      this.#body(this.request, start.requestHeaders),
      this.#transcript ? this.#conversation(this.#transcript()) : this.#body(this.response, this.#responseHeaders),
    ]);
    const transaction: Transaction = {
      id: randomUUID(),
      environment,
      requestId: start.requestId,
      ...(start.testAttempt === undefined ? {} : { testAttempt: start.testAttempt }),
      lane: start.lane,
      kind: this.#kind,
      method: start.method,
      url: redact.url(start.url),
      ...(this.#status === undefined ? {} : { status: this.#status }),
      requestHeaders: redact.headers(toHeaders(start.requestHeaders)),
      responseHeaders: redact.headers(toHeaders(this.#responseHeaders)),
      ...(requestBody === undefined ? {} : { requestBody: requestBody.ref }),
      ...(responseBody === undefined ? {} : { responseBody: responseBody.ref }),
      startedAt: this.#startedAt,
      ...(this.#firstByteMs === undefined ? {} : { firstByteMs: this.#firstByteMs }),
      durationMs,
      ...(error === undefined ? {} : { error }),
    };
    const bodies = [requestBody?.body, responseBody?.body].filter((body) => body !== undefined);
    queue.addTransaction(transaction, bodies);
  }

  #body(tap: BodyTap, headers: RawHeaders): Promise<{ ref: BodyRef; body: CapturedBody } | undefined> {
    return finishBody(tap, {
      contentType: this.#kind === "tunnel" ? "application/octet-stream" : headerValue(headers, "content-type"),
      contentEncoding: headerValue(headers, "content-encoding"),
      capBytes: this.#options.bodyCapBytes,
      redact: this.#options.redact,
    });
  }

  async #conversation(spoken: { text: string; sizeBytes: number; truncated: boolean }) {
    const tap = new BodyTap(Number.MAX_SAFE_INTEGER);
    tap.see(Buffer.from(spoken.text));
    const finished = await finishBody(tap, {
      contentType: transcriptType,
      contentEncoding: undefined,
      capBytes: this.#options.bodyCapBytes,
      redact: this.#options.redact,
    });
    return finished && { ...finished, ref: { ...finished.ref, sizeBytes: spoken.sizeBytes, truncated: spoken.truncated } };
  }
}

/** One JSON object a line: `{ at, from: "client" | "server", kind, text | base64 }`, then `{ messages: { client, server } }`. */
export const transcriptType = "application/vnd.dojang.websocket+x-ndjson";

/** Milliseconds since the epoch with microseconds, as facts have them. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
