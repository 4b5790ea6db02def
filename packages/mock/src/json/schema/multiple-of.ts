/** Whether a number is a multiple of another, both as the decimals they print as: 0.3 is a multiple of 0.1. */
export function isMultipleOf(value: number, divisor: number): boolean {
  const one = partsOf(value);
  const other = partsOf(divisor);
  if (!one || !other) return false;
  const exponent = Math.min(one.exponent, other.exponent);
  return (one.digits * 10n ** BigInt(one.exponent - exponent)) % (other.digits * 10n ** BigInt(other.exponent - exponent)) === 0n;
}

interface Parts {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Undefined for what is infinite. */
function partsOf(value: number): Parts | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (!match) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}
