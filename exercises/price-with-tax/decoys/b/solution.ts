const natural = (value: number) => {
  if (value < 0 || value !== Math.trunc(value)) throw new RangeError(`${value}`);
  return value;
};

class Bill {
  plain = 0;
  taxed = 0;
  add(amount: number, taxFree: boolean) {
    if (taxFree) this.plain += amount;
    else this.taxed += amount;
  }
}

export function bill(lines: readonly { price: number; count: number; taxFree?: boolean }[], options: { taxPercent: number; discountPercent?: number }) {
  const off = options.discountPercent ?? 0;
  if (!(off >= 0 && off <= 100) || options.taxPercent < 0) throw new RangeError("percent");
  const made = new Bill();
  for (const line of lines) {
    const full = natural(line.price) * natural(line.count);
    made.add(Math.ceil((full * (100 - off)) / 100), line.taxFree ?? false);
  }
  const product = made.taxed * options.taxPercent;
  const remainder = product % 100;
  let tax = (product - remainder) / 100;
  if (remainder > 50 || (remainder === 50 && tax % 2 !== 0)) tax++;
  return { net: made.plain + made.taxed, tax, total: made.plain + made.taxed + tax };
}
