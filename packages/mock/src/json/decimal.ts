import type { JsonNumber } from "./json-value.ts";

/** A number as written, exact: `negative` 0.`digits` × 10^`magnitude`. Zero has no digits. */
interface Decimal {
  readonly negative: boolean;
  /** Without zeros at either end. */
  readonly digits: string;
  readonly magnitude: number;
}

/** Whether two numbers are the same whatever their notation: 1, 1.0 and 10e-1 are. Exact beyond 2^53. */
export function sameNumber(one: number | JsonNumber, two: number | JsonNumber): boolean {
  return compareNumbers(one, two) === 0;
}

/** Below 0, 0 or above 0, exact. */
export function compareNumbers(one: number | JsonNumber, two: number | JsonNumber): number {
  if (typeof one === "number" && typeof two === "number") return one === two ? 0 : one < two ? -1 : 1;
  const left = decimalOf(String(one));
  const right = decimalOf(String(two));
  if (left.digits === "" || right.digits === "") return signOf(left) - signOf(right);
  if (left.negative !== right.negative) return left.negative ? -1 : 1;
  const larger = compareSizes(left, right);
  return left.negative ? -larger : larger;
}

/** A text that is the same for all notations of a number. */
export function normalNumberText(value: number | JsonNumber): string {
  if (Number.isSafeInteger(value)) return String(value);
  const { negative, digits, magnitude } = decimalOf(String(value));
  if (digits === "") return "0";
  return magnitude >= digits.length && magnitude <= 15
    ? `${negative ? "-" : ""}${digits.padEnd(magnitude, "0")}`
    : `${negative ? "-" : ""}.${digits}e${magnitude}`;
}

/** As Java's BigDecimal.toPlainString: no exponent, trailing zeros as written. An exponent that would print more than `limit` digits stays. */
export function plainNumberText(text: string, limit = 10_000): string {
  const match = NUMBER.exec(text);
  if (!match || match[4] === undefined) return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
  const [, sign = "", whole = "", fraction = "", exponent] = match;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (Math.abs(point) > limit) return text;
  const padded = point <= 0 ? `${"0".repeat(1 - point)}${digits}` : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  const result = trimLeadingZeros(padded.slice(0, at)) + (padded.length > at ? `.${padded.slice(at)}` : "");
  return sign === "-" && /[1-9]/.test(result) ? `-${result}` : result;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

function decimalOf(text: string): Decimal {
  // JavaScript prints 1e21 and 1e-7 with an exponent, so numbers fit the pattern too; what does not is Infinity.
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  const all = whole + fraction;
  const leading = /^0*/.exec(all)?.[0].length ?? 0;
  const digits = all.slice(leading).replace(/0+$/, "");
  return { negative: sign === "-", digits, magnitude: whole.length - leading + Number(exponent) };
}

function signOf(decimal: Decimal): number {
  if (decimal.digits === "") return 0;
  return decimal.negative ? -1 : 1;
}

function compareSizes(one: Decimal, two: Decimal): number {
  if (one.magnitude !== two.magnitude) return one.magnitude < two.magnitude ? -1 : 1;
  if (one.digits === two.digits) return 0;
  return one.digits < two.digits ? -1 : 1;
}

function trimLeadingZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, "");
}
