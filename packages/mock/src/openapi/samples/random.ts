/**
 * Numbers that depend on a seed alone. Every value of a sample draws from a branch of its own, named after its place, so that a change
 * of the schema in one place leaves the rest of a sample as it was.
 */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  branch(name: string | number): Random {
    return new Random(seedOf(this.#seed, String(name)));
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    // mulberry32: 32 bits of state, which are enough for samples.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<Item>(list: readonly [Item, ...Item[]]): Item;
  pick<Item>(list: readonly Item[]): Item | undefined;
  pick<Item>(list: readonly Item[]): Item | undefined {
    return list[this.integer(0, list.length - 1)];
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

/** FNV-1a over the texts, begun from a number. */
export function seedOf(start: number, ...texts: readonly string[]): number {
  let hash = (0x811c9dc5 ^ start) >>> 0;
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  }
  return hash >>> 0;
}
