type Line = { price: number; count: number; taxFree?: boolean };

export function bill(lines: readonly Line[], options: { taxPercent: number; discountPercent?: number }) {
  const discount = BigInt(options.discountPercent ?? 0);
  const rate = BigInt(options.taxPercent);
  if (rate < 0n || discount < 0n || discount > 100n) throw new RangeError("percent");
  const amounts = lines.map(({ price, count, taxFree }) => {
    if (![price, count].every((one) => Number.isSafeInteger(one) && one >= 0)) throw new RangeError("line");
    const full = BigInt(price) * BigInt(count);
    return { free: taxFree === true, amount: full - (full * discount) / 100n };
  });
  const sum = (all: typeof amounts) => all.reduce((total, one) => total + one.amount, 0n);
  const hundredths = sum(amounts.filter((one) => !one.free)) * rate;
  let tax = (hundredths + 50n) / 100n;
  if (hundredths % 100n === 50n && tax % 2n === 1n) tax -= 1n;
  const net = sum(amounts);
  return { net: Number(net), tax: Number(tax), total: Number(net + tax) };
}
