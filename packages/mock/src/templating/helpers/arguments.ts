import type { HelperCall } from "../evaluation/helper.ts";
import { BigDecimal } from "../values/big-decimal.ts";
import { isNumeric, toDouble } from "../values/compare.ts";
import type { JavaDouble } from "../values/java-double.ts";
import { badCast, badNumber, isInt, JavaException, nullPointer } from "../values/java-exception.ts";
import { textOf as printed } from "../values/java-text.ts";
import type { Value } from "../values/value.ts";

/** Reads arguments of helpers as the Java types WireMock's helpers declare, with Java's refusal where they are something else. */
export function textArgument(value: Value): string | null {
  if (value === null || typeof value === "string") return value;
  throw badCast(value, "java.lang.String");
}

export function intArgument(value: Value): number | null {
  if (value === null || isInt(value)) return value;
  throw badCast(value, "java.lang.Integer");
}

export function booleanArgument(value: Value): boolean | null {
  if (value === null || typeof value === "boolean") return value;
  throw badCast(value, "java.lang.Boolean");
}

/** Named arguments; null when absent. */
export function option(call: HelperCall, name: string): Value {
  return call.hash.get(name) ?? null;
}

export function textOption(call: HelperCall, name: string): string | null {
  return textArgument(option(call, name));
}

export function intOption(call: HelperCall, name: string): number | null {
  return intArgument(option(call, name));
}

export function booleanOption(call: HelperCall, name: string): boolean | null {
  return booleanArgument(option(call, name));
}

/** An argument after the first that has to be there, if only as null. */
export function param(call: HelperCall, at: number): Value {
  const value = call.params[at];
  if (value === undefined) {
    throw new JavaException("java.lang.ArrayIndexOutOfBoundsException", `Index ${at} out of bounds for length ${call.params.length}`);
  }
  return value;
}

export function paramOr(call: HelperCall, at: number, fallback: Value): Value {
  return call.params[at] ?? fallback;
}

/** The text of any value, counted. */
export function textOf(value: Value, call: HelperCall): string {
  return printed(value, call.rendering.budget);
}

/** The text of `context`, which Java calls `variable` when it is null. */
export function textOfPresent(value: Value, call: HelperCall, variable = "context"): string {
  if (value === null) throw nullPointer("Object.toString()", variable);
  return textOf(value, call);
}

/** Whole numbers and their texts; null for other kinds. */
export function coerceToInt(value: Value): number | null {
  if (isNumeric(value)) return toInt32(value);
  return typeof value === "string" ? parseInt32(value) : null;
}

export function coerceToDouble(value: Value): number | null {
  if (isNumeric(value)) return toDouble(value);
  if (typeof value !== "string") return null;
  const text = value.trim();
  if (text === "") throw new JavaException("java.lang.NumberFormatException", "empty String");
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?$/.test(text)) throw badNumber(value);
  return Number(text.replace(/[fFdD]$/, ""));
}

/** Integer.parseInt. */
export function parseInt32(text: string): number {
  const value = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 2 ** 31 - 1 && value >= -(2 ** 31))) throw badNumber(text);
  return value + 0;
}

function toInt32(value: Exclude<Value, null | boolean | string> & (number | bigint | JavaDouble | BigDecimal)): number {
  if (typeof value === "bigint") return Number(BigInt.asIntN(32, value));
  if (typeof value === "number") return Number(BigInt.asIntN(32, BigInt(value)));
  if (value instanceof BigDecimal) return Number(BigInt.asIntN(32, wholePart(value)));
  // Doubles saturate where whole numbers wrap.
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value.value))) || 0;
}

function wholePart(value: BigDecimal): bigint {
  return BigInt(value.toPlain().split(".")[0] ?? "0");
}
