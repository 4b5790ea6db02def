type Random = () => number;
type Line = { price: number; count: number; taxFree: boolean };

const pick = <Value>(random: Random, values: Value[]) => values[Math.floor(random() * values.length)] as Value;

export function generate(random: Random) {
  const lines: Line[] = Array.from({ length: Math.floor(random() * 4) }, () => ({
    price: pick(random, [0, 4, 5, 15, 25, 26, 35, 99, 1001, 33_333]),
    count: pick(random, [0, 1, 1, 2, 3]),
    taxFree: random() < 0.3,
  }));
  return { lines, options: { taxPercent: pick(random, [0, 10, 10, 7, -1]), discountPercent: pick(random, [0, 0, 5, 10, 33, 100, 101]) } };
}

export function observe(solution: { bill: (lines: Line[], options: object) => unknown }, { lines, options }: ReturnType<typeof generate>) {
  return solution.bill(lines, options);
}
