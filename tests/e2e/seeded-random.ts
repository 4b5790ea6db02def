export interface Random {
  readonly seed: number;
  /** A whole number from 0 to `limit`, exclusive. */
  upTo(limit: number): number;
  oneOf<T>(choices: readonly T[]): T;
}

/** Numbers that look random and can be had again: DOJANG_TEST_SEED, or a new seed that is printed (mulberry32). */
export function seededRandom(): Random {
  const seed = Number(process.env.DOJANG_TEST_SEED ?? Date.now() % 1_000_000);
  console.log(`seed: DOJANG_TEST_SEED=${seed}`);
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    upTo: (limit) => Math.floor(next() * limit),
    oneOf(choices) {
      const choice = choices[Math.floor(next() * choices.length)];
      if (choice === undefined) throw new RangeError("nothing to choose from");
      return choice;
    },
  };
}
