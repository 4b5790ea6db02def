export interface Line {
  price: number;
  count: number;
  taxFree?: boolean;
}

export function bill(lines: readonly Line[], { taxPercent, discountPercent = 0 }: { taxPercent: number; discountPercent?: number }) {
  if (taxPercent < 0 || discountPercent < 0 || discountPercent > 100) throw new RangeError("a percentage is out of range");
  let net = 0;
  let taxed = 0;
  for (const { price, count, taxFree = false } of lines) {
    if (!isAmount(price) || !isAmount(count)) throw new RangeError("a price and a count are whole");
    const full = price * count;
    const amount = full - Math.floor((full * discountPercent) / 100);
    net += amount;
    if (!taxFree) taxed += full;
  }
  const tax = halfToEven(taxed * taxPercent, 100);
  return { net, tax, total: net + tax };
}

function isAmount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

function halfToEven(amount: number, divisor: number): number {
  const down = Math.floor(amount / divisor);
  const rest = amount % divisor;
  if (rest * 2 === divisor) return down % 2 === 0 ? down : down + 1;
  return rest * 2 > divisor ? down + 1 : down;
}
