/**
 * Counts what several entries keep alive together only once: the stub that answered them, one buffer behind many bodies.
 * Holding and releasing cost the same however many holders there are.
 */
export class SharedBytes {
  readonly #held = new Map<object, { holders: number; readonly bytes: number }>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** `measure` is asked for the first holder only. */
  hold(thing: object, measure: () => number): void {
    const held = this.#held.get(thing);
    if (held !== undefined) {
      held.holders++;
      return;
    }
    const bytes = measure();
    this.#held.set(thing, { holders: 1, bytes });
    this.#total += bytes;
  }

  release(thing: object): void {
    const held = this.#held.get(thing);
    if (held === undefined) return;
    held.holders--;
    if (held.holders > 0) return;
    this.#held.delete(thing);
    this.#total -= held.bytes;
  }

  clear(): void {
    this.#held.clear();
    this.#total = 0;
  }
}
