/** A number that Java holds as a double: `2.0` stays `2.0`. Whole numbers are plain numbers or bigints here. */
export class JavaDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** As Double.toString: always a fraction, scientific below 10^-3 and from 10^7. */
  toString(): string {
    const { value } = this;
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
    if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
    const absolute = Math.abs(value);
    if (absolute >= 1e-3 && absolute < 1e7) {
      const text = String(value);
      return text.includes(".") ? text : `${text}.0`;
    }
    const [mantissa = "", exponent = ""] = value.toExponential().split("e");
    return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  }
}
