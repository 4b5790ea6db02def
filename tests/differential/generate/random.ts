/** Numbers that look random and come again for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  upTo(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  oneOf<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    const choice = choices[this.upTo(choices.length)];
    if (choice === undefined) throw new RangeError("nothing to choose from");
    return choice;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.upTo(times) === 0;
  }

  some<T>(count: number, make: () => T): readonly T[] {
    return Array.from({ length: count }, make);
  }

  /** The object with some of its optional members left out. */
  maybe<T extends object>(times: number, make: () => T): T | Record<string, never> {
    return this.once(times) ? make() : {};
  }
}
