/** A decimal of any precision that remembers its trailing zeros, as java.math.BigDecimal: `unscaled * 10^-scale`. */
export class BigDecimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** `1.50`, `-3`, `1e3`; undefined for other text and for exponents or digits nobody means. */
  static parse(text: string): BigDecimal | undefined {
    const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
    const whole = found?.[2] ?? "";
    const fraction = found?.[3] ?? "";
    const exponent = Number(found?.[4] ?? 0);
    if (!found || whole.length + fraction.length === 0 || whole.length + fraction.length > MAX_DIGITS) return undefined;
    if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
    const digits = BigInt(whole + fraction);
    return new BigDecimal(found[1] === "-" ? -digits : digits, fraction.length - exponent);
  }

  add(other: BigDecimal): BigDecimal {
    const scale = Math.max(this.scale, other.scale);
    return new BigDecimal(this.unscaledAt(scale) + other.unscaledAt(scale), scale);
  }

  subtract(other: BigDecimal): BigDecimal {
    return this.add(new BigDecimal(-other.unscaled, other.scale));
  }

  multiply(other: BigDecimal): BigDecimal {
    return new BigDecimal(this.unscaled * other.unscaled, this.scale + other.scale);
  }

  /** Rounded half up to the scale of this. Undefined by zero. */
  divide(other: BigDecimal): BigDecimal | undefined {
    if (other.unscaled === 0n) return undefined;
    // this / other at scale s: unscaled = this.unscaled * 10^(s - this.scale + other.scale) / other.unscaled, and s is this.scale.
    const shifted = other.scale >= 0 ? this.unscaled * power(other.scale) : this.unscaled;
    const divisor = other.scale >= 0 ? other.unscaled : other.unscaled * power(-other.scale);
    return new BigDecimal(divideHalfUp(shifted, divisor), this.scale);
  }

  /** Of the division truncated to a whole number; has the sign of this. Undefined by zero. */
  remainder(other: BigDecimal): BigDecimal | undefined {
    if (other.unscaled === 0n) return undefined;
    const scale = Math.max(this.scale, other.scale);
    let quotient = this.unscaledAt(scale) / other.unscaledAt(scale);
    // Java wants the quotient at the difference of the scales, as far as that loses nothing; the remainder inherits it.
    const wanted = this.scale - other.scale;
    let quotientScale = 0;
    while (quotientScale > wanted && quotient % 10n === 0n) {
      quotient /= 10n;
      quotientScale -= 1;
      if (quotient === 0n) quotientScale = wanted;
    }
    return this.subtract(new BigDecimal(quotient, quotientScale).multiply(other));
  }

  toNumber(): number {
    return Number(`${this.unscaled}e${-this.scale}`);
  }

  /** Without an exponent. */
  toPlain(): string {
    if (this.scale <= 0) return `${this.unscaled * power(-this.scale)}`;
    const sign = this.unscaled < 0n ? "-" : "";
    const digits = `${this.unscaled < 0n ? -this.unscaled : this.unscaled}`.padStart(this.scale + 1, "0");
    return `${sign}${digits.slice(0, -this.scale)}.${digits.slice(-this.scale)}`;
  }

  /** As BigDecimal.toString: scientific when the scale is negative or the number is below 10^-6. */
  toString(): string {
    const sign = this.unscaled < 0n ? "-" : "";
    const digits = `${this.unscaled < 0n ? -this.unscaled : this.unscaled}`;
    const exponent = digits.length - 1 - this.scale;
    if (this.scale >= 0 && exponent >= -6) return this.toPlain();
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${mantissa}${exponent === 0 ? "" : `E${exponent > 0 ? "+" : ""}${exponent}`}`;
  }

  private unscaledAt(scale: number): bigint {
    return this.unscaled * power(scale - this.scale);
  }
}

const MAX_DIGITS = 1000;
const MAX_EXPONENT = 1000;

function power(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  const absolute = (value: bigint) => (value < 0n ? -value : value);
  if (2n * absolute(rest) < absolute(divisor)) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}
