import { JsonNumber } from "./json-value.ts";

/**
 * A number as Java prints what json-smart makes of it: an integer as it is, a fraction as a double (`1.0E10`), one of more than 18
 * characters as a BigDecimal.
 */
export function javaNumberText(value: number | JsonNumber): string {
  const text = String(value);
  if (!/[.eE]/.test(text)) return text;
  const calculated = value instanceof JsonNumber && value.calculated;
  return text.length > 18 && !calculated ? bigDecimalText(text) : javaDoubleText(Number(text));
}

/** As Java's Double.toString: at least one digit after the point, an exponent below 0.001 and from 10,000,000 on. */
export function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  if (Math.abs(value) === Number.MIN_VALUE) return value > 0 ? "4.9E-324" : "-4.9E-324";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size === 0) return `${sign}0.0`;
  if (size >= 1e-3 && size < 1e7) return `${sign}${Number.isInteger(size) ? `${size}.0` : size}`;
  const [mantissa = "", exponent = ""] = size.toExponential().split("e");
  return `${sign}${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/** As Java's BigDecimal.toString: the scale as written, an exponent where it is below zero or the number is very small. */
function bigDecimalText(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+(?=\d)/, "");
  const scale = fraction.length - Number(exponent);
  const adjusted = digits.length - 1 - scale;
  if (scale >= 0 && adjusted >= -6) {
    const padded = digits.padStart(scale + 1, "0");
    return `${sign}${padded.slice(0, padded.length - scale)}${scale > 0 ? `.${padded.slice(-scale)}` : ""}`;
  }
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return `${sign}${mantissa}${adjusted === 0 ? "" : `E${adjusted > 0 ? "+" : ""}${adjusted}`}`;
}
