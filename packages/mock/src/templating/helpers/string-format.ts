import type { RenderBudget } from "../evaluation/render-budget.ts";
import { BigDecimal } from "../values/big-decimal.ts";
import { isNumeric, toDouble } from "../values/compare.ts";
import { JavaDouble } from "../values/java-double.ts";
import { classNameOf, isInt, JavaException } from "../values/java-exception.ts";
import { javaStringHash } from "../values/java-hash.ts";
import { textOf } from "../values/java-text.ts";
import type { Value } from "../values/value.ts";
import { groupDigits } from "./decimal-format.ts";
import { exactDecimal, roundDecimal } from "./rounding.ts";

/** Java's String.format for what templates can pass: text, numbers, truth. Dates (`%t`) are refused. */
export function formatJavaString(format: string, params: readonly Value[], budget: RenderBudget): string {
  let next = 0;
  let last = -1;
  let formatted = "";
  let at = 0;
  for (;;) {
    const percent = format.indexOf("%", at);
    formatted += percent < 0 ? format.slice(at) : format.slice(at, percent);
    if (percent < 0) return formatted;
    SPECIFIER.lastIndex = percent;
    const found = SPECIFIER.exec(format);
    if (!found) throw unknownConversion(format.slice(percent + 1).replace(/^[-#+ 0,(<\d.$]*/, "")[0] ?? "%");
    at = SPECIFIER.lastIndex;
    budget.step();
    const spec = specifierOf(found);
    // Before any of it is padded.
    budget.text(spec.width);
    if (spec.conversion === "n") formatted += "\n";
    else if (spec.conversion === "%") formatted += padded("%", spec);
    else {
      if (!spec.previous) last = spec.position === undefined ? next++ : spec.position - 1;
      if (last < 0 || last >= params.length)
        throw new JavaException("java.util.MissingFormatArgumentException", `Format specifier '${spec.text}'`);
      formatted += padded(converted(params[last] ?? null, spec, budget), spec);
    }
    budget.text(formatted.length);
  }
}

const SPECIFIER = /%(\d{1,9}\$)?([-#+ 0,(<]{0,16})(\d{1,9})?(\.\d{1,9})?([tT])?([a-zA-Z%])/y;

interface Specifier {
  readonly text: string;
  readonly position: number | undefined;
  readonly previous: boolean;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  /** In lower case. */
  readonly conversion: string;
  readonly upper: boolean;
}

const CONVERSIONS = "bhscdoxefgn%";

function specifierOf(found: RegExpExecArray): Specifier {
  const [text, position, flags = "", width, precision, date, letter = ""] = found;
  const conversion = letter.toLowerCase();
  if (date || !CONVERSIONS.includes(conversion) || ("don".includes(conversion) && conversion !== letter))
    throw unknownConversion(date ?? letter);
  return {
    text,
    position: position ? Number.parseInt(position, 10) : undefined,
    previous: flags.includes("<"),
    flags,
    width: width ? Number(width) : 0,
    precision: precision ? Number(precision.slice(1)) : undefined,
    conversion,
    upper: conversion !== letter,
  };
}

function unknownConversion(letter: string): JavaException {
  return new JavaException("java.util.UnknownFormatConversionException", `Conversion = '${letter}'`);
}

function padded(text: string, spec: Specifier): string {
  const cased = spec.upper ? text.toUpperCase() : text;
  return spec.flags.includes("-") ? cased.padEnd(spec.width) : cased.padStart(spec.width);
}

function converted(value: Value, spec: Specifier, budget: RenderBudget): string {
  switch (spec.conversion) {
    case "s":
      return cut(value === null ? "null" : textOf(value, budget), spec);
    case "b":
      return cut(String(value === null ? false : typeof value === "boolean" ? value : true), spec);
    case "h":
      return value === null ? "null" : cut((hashOf(value, budget) >>> 0).toString(16), spec);
    case "c":
      return character(value, spec);
    case "d":
      return value === null ? "null" : decorated(decimalDigits(whole(value, spec)), spec);
    case "x":
    case "o":
      return value === null ? "null" : based(value, spec);
    default:
      return value === null ? "null" : fraction(value, spec);
  }
}

function cut(text: string, spec: Specifier): string {
  return spec.precision === undefined ? text : text.slice(0, spec.precision);
}

function hashOf(value: Value, budget: RenderBudget): number {
  if (typeof value === "boolean") return value ? 1231 : 1237;
  return isInt(value) ? value : javaStringHash(textOf(value, budget));
}

function character(value: Value, spec: Specifier): string {
  if (value === null) return "null";
  if (isInt(value) && value >= 0 && value <= 0x10ffff) return String.fromCodePoint(value);
  throw badConversion(value, spec);
}

function badConversion(value: Value, spec: Specifier): JavaException {
  const letter = spec.upper ? spec.conversion.toUpperCase() : spec.conversion;
  return new JavaException("java.util.IllegalFormatConversionException", `${letter} != ${classNameOf(value)}`);
}

function whole(value: Value, spec: Specifier): bigint {
  if (typeof value === "number" || typeof value === "bigint") return BigInt(value);
  throw badConversion(value, spec);
}

interface Signed {
  readonly negative: boolean;
  readonly digits: string;
}

function decimalDigits(value: bigint): Signed {
  return { negative: value < 0n, digits: `${value < 0n ? -value : value}` };
}

/** Two's complement of 32 or 64 bits. */
function based(value: Value, spec: Specifier): string {
  const number = whole(value, spec);
  const unsigned = number >= 0n ? number : BigInt.asUintN(isInt(value) ? 32 : 64, number);
  const digits = unsigned.toString(spec.conversion === "x" ? 16 : 8);
  const prefix = spec.flags.includes("#") ? (spec.conversion === "x" ? "0x" : "0") : "";
  return prefix + (spec.flags.includes("0") ? digits.padStart(spec.width - prefix.length, "0") : digits);
}

function fraction(value: Value, spec: Specifier): string {
  if (!(value instanceof JavaDouble || value instanceof BigDecimal) || !isNumeric(value)) throw badConversion(value, spec);
  const number = toDouble(value);
  if (!Number.isFinite(number)) return String(number);
  const places = Math.min(spec.precision ?? 6, MAX_PLACES);
  if (spec.conversion === "e") return decorated(scientific(number, places), spec);
  if (spec.conversion === "g") return decorated(general(number, places === 0 ? 1 : places), spec);
  return decorated(fixed(value, places), spec);
}

const MAX_PLACES = 1000;

function fixed(value: JavaDouble | BigDecimal, places: number): Signed {
  // Java rounds the shortest decimal that means the double.
  const decimal = value instanceof BigDecimal ? value : (BigDecimal.parse(String(value.value)) ?? exactDecimal(value.value));
  const rounded = roundDecimal(decimal, places, "HALF_UP");
  const negative = rounded.unscaled < 0n || Object.is(toDouble(value), -0) || toDouble(value) < 0;
  return { negative, digits: new BigDecimal(rounded.unscaled < 0n ? -rounded.unscaled : rounded.unscaled, rounded.scale).toPlain() };
}

function scientific(number: number, places: number): Signed {
  const [mantissa = "", exponent = "0"] = Math.abs(number).toExponential(Math.min(places, 100)).split("e");
  const power = Number(exponent);
  return { negative: number < 0, digits: `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}` };
}

function general(number: number, precision: number): Signed {
  const absolute = Math.abs(number);
  if (absolute !== 0 && (absolute < 1e-4 || absolute >= 10 ** precision)) return scientific(number, precision - 1);
  const leading = absolute === 0 ? 0 : Math.floor(Math.log10(absolute));
  return fixed(new JavaDouble(number), Math.max(0, precision - leading - 1));
}

function decorated({ negative, digits }: Signed, spec: Specifier): string {
  const { flags } = spec;
  const grouped = flags.includes(",") ? groupWhole(digits) : digits;
  const [before, after] = negative
    ? flags.includes("(")
      ? ["(", ")"]
      : ["-", ""]
    : [flags.includes("+") ? "+" : flags.includes(" ") ? " " : "", ""];
  const filled = flags.includes("0") ? grouped.padStart(spec.width - before.length - after.length, "0") : grouped;
  return before + filled + after;
}

function groupWhole(digits: string): string {
  const [whole = "", ...rest] = digits.split(".");
  return [groupDigits(whole, 3, ","), ...rest].join(".");
}
