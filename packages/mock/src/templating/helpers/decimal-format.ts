import { BigDecimal } from "../values/big-decimal.ts";
import { JavaException } from "../values/java-exception.ts";
import { type RoundingMode, roundDecimal } from "./rounding.ts";

/** What java.text.DecimalFormat knows of a number's form. Digits are bounded, whatever the pattern asks for. */
export interface DecimalForm {
  readonly prefix: string;
  readonly suffix: string;
  readonly negativePrefix: string;
  readonly negativeSuffix: string;
  readonly minInteger: number;
  readonly maxInteger: number;
  readonly minFraction: number;
  readonly maxFraction: number;
  /** 0 is no grouping. */
  readonly groupSize: number;
  /** Percent shifts by 2, per mille by 3. */
  readonly shift: number;
  /** Least digits of the exponent; undefined is plain notation. */
  readonly exponentDigits: number | undefined;
  readonly rounding: RoundingMode;
  readonly symbols: DecimalSymbols;
}

export interface DecimalSymbols {
  readonly decimal: string;
  readonly group: string;
  readonly minus: string;
  readonly percent: string;
  readonly perMille: string;
  readonly currency: string;
}

export const MAX_DIGITS = 340;

export function formatDecimal(value: BigDecimal, form: DecimalForm): string {
  const shifted = new BigDecimal(value.unscaled, value.scale - form.shift);
  const digits = form.exponentDigits === undefined ? plainDigits(shifted, form) : scientificDigits(shifted, form);
  // A number that rounds to zero keeps its sign, as Java's does.
  const negative = value.unscaled < 0n;
  return negative ? form.negativePrefix + digits + form.negativeSuffix : form.prefix + digits + form.suffix;
}

function plainDigits(value: BigDecimal, form: DecimalForm): string {
  const rounded = roundDecimal(value, form.maxFraction, form.rounding);
  if (!rounded)
    throw new JavaException(
      "java.lang.ArithmeticException",
      "Rounding needed with the rounding mode being set to RoundingMode.UNNECESSARY",
    );
  const [whole = "0", fraction = ""] = new BigDecimal(rounded.unscaled < 0n ? -rounded.unscaled : rounded.unscaled, rounded.scale)
    .toPlain()
    .split(".");
  const significant = whole === "0" ? "" : whole;
  const kept = significant.slice(Math.max(0, significant.length - form.maxInteger)).padStart(form.minInteger, "0");
  const tail = trimmedFraction(fraction, form.minFraction);
  const grouped = groupDigits(kept, form.groupSize, form.symbols.group);
  if (grouped === "" && tail === "") return "0";
  return tail === "" ? grouped : grouped + form.symbols.decimal + tail;
}

/** Rounded to as many digits as the pattern has places; `##0` keeps the exponent a multiple of its length. */
function scientificDigits(value: BigDecimal, form: DecimalForm): string {
  const { minInteger, maxInteger, maxFraction, symbols } = form;
  const absolute = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  const leading = absolute === 0n ? 0 : `${absolute}`.length - value.scale - 1;
  const scaled = new BigDecimal(value.unscaled, value.scale + leading);
  const rounded = roundDecimal(scaled, maxInteger + maxFraction - 1, form.rounding) ?? scaled;
  const repeating = maxInteger > 1 && maxInteger > minInteger;
  const exponent = absolute === 0n ? 0 : repeating ? Math.floor(leading / maxInteger) * maxInteger : leading - Math.max(1, minInteger) + 1;
  const mantissa = new BigDecimal(rounded.unscaled < 0n ? -rounded.unscaled : rounded.unscaled, rounded.scale - (leading - exponent));
  const [whole = "0", fraction = ""] = mantissa.toPlain().split(".");
  const tail = trimmedFraction(fraction, form.minFraction);
  const power = `${Math.abs(exponent)}`.padStart(form.exponentDigits ?? 1, "0");
  return `${whole.padStart(minInteger, "0")}${tail === "" ? "" : symbols.decimal + tail}E${exponent < 0 ? symbols.minus : ""}${power}`;
}

function trimmedFraction(fraction: string, least: number): string {
  let end = fraction.length;
  while (end > least && fraction[end - 1] === "0") end -= 1;
  return fraction.slice(0, end).padEnd(least, "0");
}

export function groupDigits(digits: string, size: number, separator: string): string {
  if (size <= 0 || digits.length <= size) return digits;
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= size) groups.unshift(digits.slice(Math.max(0, end - size), end));
  return groups.join(separator);
}
