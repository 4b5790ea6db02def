type Random = () => number;
type Case = { count: number; number?: number; size?: number };

const pick = <Value>(random: Random, values: Value[]): Value => values[Math.floor(random() * values.length)] as Value;

export function generate(random: Random): Case {
  return {
    count: pick(random, [0, 1, 2, 3, 4, 5, 20, 21, 99, 100, 101, 250]),
    number: pick(random, [undefined, 0, 1, 2, 3, 4]),
    size: pick(random, [undefined, 0, 1, 2, 5, 100, 101, 120]),
  };
}

export function observe(solution: { page: (items: number[], options: object) => unknown }, { count, ...options }: Case) {
  return solution.page(
    Array.from({ length: count }, (_, index) => index),
    options,
  );
}
