/**
 * The calls that are still to be read: a ring of encoded lines, bounded by bytes. Reading takes nothing out, for whoever reads may
 * ask again; what is pushed out before it was read is told as dropped.
 */
export class CallFeed {
  readonly #maxBytes: number;
  #lines: { readonly sequence: number; readonly line: string }[] = [];
  #begin = 0;
  #bytes = 0;
  #newest = 0;
  #wakers: (() => void)[] = [];

  constructor({ maxBytes }: { readonly maxBytes: number }) {
    this.#maxBytes = maxBytes;
  }

  get newest(): number {
    return this.#newest;
  }

  /** The sequence the next call gets. */
  get next(): number {
    return this.#newest + 1;
  }

  add(line: string): void {
    this.#newest += 1;
    this.#lines.push({ sequence: this.#newest, line });
    this.#bytes += line.length;
    // The newest stays even when it alone is too large: a feed that tells nothing would look like nothing was asked.
    while (this.#bytes > this.#maxBytes && this.#lines.length - this.#begin > 1) {
      this.#bytes -= this.#lines[this.#begin]?.line.length ?? 0;
      this.#begin += 1;
    }
    // In bulk, so that a full ring costs no more than an empty one.
    if (this.#begin > 1024 && this.#begin * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#begin);
      this.#begin = 0;
    }
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  /** The oldest line after `after`; undefined when there is none yet. */
  read(after: number): { readonly sequence: number; readonly line: string; readonly dropped: number } | undefined {
    const oldest = this.#lines[this.#begin];
    if (oldest === undefined || after >= this.#newest) return undefined;
    const wanted = Math.max(after + 1, oldest.sequence);
    const found = this.#lines[this.#begin + wanted - oldest.sequence];
    return found && { ...found, dropped: wanted - after - 1 };
  }

  /** Resolves at the next `add`, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      signal.addEventListener("abort", done, { once: true });
      this.#wakers.push(done);
    });
  }
}
