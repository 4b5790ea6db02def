import type { Transaction } from "@dojang/model";
import type { LiveTestEvent } from "./attribution.ts";
import type { CapturedBody } from "./captured-body.ts";

/** What the recorder hands over, in order of completion. A body may come again in a later batch: hashes make that harmless. */
export interface CaptureBatch {
  readonly transactions: readonly Transaction[];
  readonly bodies: readonly CapturedBody[];
  readonly testEvents: readonly LiveTestEvent[];
}

/** Takes one batch at a time. A rejection is tried again; a batch that keeps failing is counted as lost and said. */
export interface CaptureSink {
  write(batch: CaptureBatch): Promise<void>;
}

export interface FactQueueOptions {
  readonly sink: CaptureSink;
  /** How long facts wait for company. */
  readonly lingerMs: number;
  readonly batchSize: number;
  /** Facts and body bytes that may wait at once; beyond, bodies are dropped first, then facts, and both are counted. */
  readonly maxFacts: number;
  readonly maxBodyBytes: number;
  readonly retries: number;
  readonly onProblem: (message: string) => void;
}

type Fact =
  | { readonly kind: "transaction"; readonly transaction: Transaction; readonly bodies: readonly CapturedBody[] }
  | { readonly kind: "event"; readonly event: LiveTestEvent };

/** Between traffic, which must never wait, and the store, which may be slow: a bounded queue with one writer. */
export class FactQueue {
  readonly #options: FactQueueOptions;
  #waiting: Fact[] = [];
  #bodyBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #inHand = 0;
  #lost = 0;
  #bodiesDropped = 0;

  constructor(options: FactQueueOptions) {
    this.#options = options;
  }

  get lost(): number {
    return this.#lost;
  }

  get bodiesDropped(): number {
    return this.#bodiesDropped;
  }

  addTransaction(transaction: Transaction, bodies: readonly CapturedBody[]): void {
    const bytes = totalBytes(bodies);
    if (this.#bodyBytes + bytes > this.#options.maxBodyBytes && bytes > 0) {
      this.#bodiesDropped += bodies.length;
      this.#options.onProblem(`the store is behind: bodies of ${transaction.method} ${transaction.url} were not kept`);
      this.#add({ kind: "transaction", transaction: withoutBodies(transaction), bodies: [] });
      return;
    }
    this.#bodyBytes += bytes;
    this.#add({ kind: "transaction", transaction, bodies });
  }

  addEvent(event: LiveTestEvent): void {
    this.#add({ kind: "event", event });
  }

  /** Resolves when everything added so far is written, lost after its retries, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    while ((this.#waiting.length > 0 || this.#inHand > 0) && !signal.aborted) {
      this.#flush();
      await Promise.race([this.#writing, aborted]);
    }
    clearTimeout(this.#timer);
    if (this.#waiting.length + this.#inHand > 0) this.#lose(this.#waiting.length + this.#inHand, "not written before the recorder closed");
  }

  #add(fact: Fact): void {
    if (this.#waiting.length + this.#inHand >= this.#options.maxFacts) {
      this.#lose(1, "the store is too far behind");
      return;
    }
    this.#waiting.push(fact);
    if (this.#waiting.length >= this.#options.batchSize) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#options.lingerMs).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#inHand > 0 || this.#waiting.length === 0) return;
    const facts = this.#waiting.splice(0, this.#options.batchSize);
    this.#inHand = facts.length;
    this.#writing = this.#write(facts).then(() => {
      this.#inHand = 0;
      if (this.#waiting.length > 0) this.#flush();
    });
  }

  async #write(facts: readonly Fact[]): Promise<void> {
    const batch = toBatch(facts);
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          await this.#options.sink.write(batch);
          return;
        } catch (error) {
          if (attempt >= this.#options.retries) {
            this.#lose(facts.length, error instanceof Error ? error.message : String(error));
            return;
          }
          await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt));
        }
      }
    } finally {
      this.#bodyBytes -= totalBytes(batch.bodies);
    }
  }

  #lose(count: number, why: string): void {
    this.#lost += count;
    this.#options.onProblem(`${count} recorded facts were lost: ${why}`);
  }
}

function toBatch(facts: readonly Fact[]): CaptureBatch {
  const transactions: Transaction[] = [];
  const bodies: CapturedBody[] = [];
  const testEvents: LiveTestEvent[] = [];
  for (const fact of facts) {
    if (fact.kind === "event") testEvents.push(fact.event);
    else {
      transactions.push(fact.transaction);
      bodies.push(...fact.bodies);
    }
  }
  return { transactions, bodies, testEvents };
}

function totalBytes(bodies: readonly CapturedBody[]): number {
  return bodies.reduce((sum, body) => sum + body.bytes.byteLength, 0);
}

function withoutBodies(transaction: Transaction): Transaction {
  const { requestBody: _request, responseBody: _response, ...rest } = transaction;
  return rest;
}
