/**
 * Durations counted by size: each class is 5 % wider than the one before, so a quantile is off by 5 % at most, and thousands of
 * requests cost as much as ten.
 */
export class DurationTally {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(durationMs: number): void {
    const size = durationMs <= 1 ? 0 : Math.ceil(Math.log(durationMs) / logStep);
    this.#counts.set(size, (this.#counts.get(size) ?? 0) + 1);
    this.#total++;
  }

  merge(other: DurationTally): void {
    for (const [size, count] of other.#counts) this.#counts.set(size, (this.#counts.get(size) ?? 0) + count);
    this.#total += other.#total;
  }

  /** The duration that this share of all was not above; undefined when there were none. */
  quantile(share: number): number | undefined {
    if (this.#total === 0) return undefined;
    let left = Math.ceil(this.#total * share);
    for (const [size, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.exp(size * logStep);
    }
    return undefined;
  }
}

const logStep = Math.log(1.05);
