import type { RenderBudget } from "../evaluation/render-budget.ts";
import { BigDecimal } from "./big-decimal.ts";
import { JavaDouble } from "./java-double.ts";
import { badCast, classNameOf, illegalArgument } from "./java-exception.ts";
import { textOf } from "./java-text.ts";
import { BeanValue, DateValue, ListValue, MapValue, type Value } from "./value.ts";

/** What `if` takes for false: null, false, 0, and empty text or lists. A map is true even when empty. */
export function isFalsy(value: Value): boolean {
  if (value === null || value === false || value === "" || value === 0 || value === 0n) return true;
  if (value instanceof ListValue) return value.items.length === 0;
  if (value instanceof MapValue) return value.style === "path" && value.entries.size === 0;
  return isNumeric(value) && toDouble(value) === 0;
}

export type NumericValue = number | bigint | JavaDouble | BigDecimal;

export function isNumeric(value: Value): value is NumericValue {
  return typeof value === "number" || typeof value === "bigint" || value instanceof JavaDouble || value instanceof BigDecimal;
}

export function toDouble(value: NumericValue): number {
  if (value instanceof JavaDouble) return value.value;
  return value instanceof BigDecimal ? value.toNumber() : Number(value);
}

/** `eq`: Java's equals, and numbers of different types by their value. */
export function areEqual(a: Value, b: Value, budget: RenderBudget): boolean {
  if (isNumeric(a) && isNumeric(b)) return toDouble(a) === toDouble(b);
  return equals(a, b, budget);
}

function equals(a: Value, b: Value, budget: RenderBudget): boolean {
  budget.step();
  if (a === b) return true;
  if (isNumeric(a) && isNumeric(b)) return classNameOf(a) === classNameOf(b) && a.toString() === b.toString();
  if (a instanceof ListValue && b instanceof ListValue) {
    return a.items.length === b.items.length && a.items.every((item, at) => equals(item, b.items[at] ?? null, budget));
  }
  if (a instanceof MapValue && b instanceof MapValue) {
    if (a.style === "json" || b.style === "json" || a.entries.size !== b.entries.size) return false;
    return [...a.entries].every(([key, value]) => b.entries.has(key) && equals(value, b.entries.get(key) ?? null, budget));
  }
  if (a instanceof DateValue && b instanceof DateValue) return a.date.epochMs === b.date.epochMs;
  return a instanceof BeanValue && b instanceof BeanValue && a.identity === b.identity;
}

/** Whether a list holds the text, as Collection.contains. */
export function holds(list: ListValue, wanted: Value, budget: RenderBudget): boolean {
  return list.items.some((item) => equals(item, wanted, budget));
}

/** `gt` and its kin: compareTo between values of one class, else as doubles. Throws as Java does for what cannot be compared. */
export function compareValues(a: Value, b: Value, budget: RenderBudget): number {
  for (const value of [a, b]) {
    if (!isComparable(value)) throw illegalArgument(`Not a comparable: ${textOf(value, budget)}`);
  }
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof DateValue && b instanceof DateValue) return a.date.epochMs - b.date.epochMs;
  if (isNumeric(a) && isNumeric(b)) {
    if (a instanceof BigDecimal && b instanceof BigDecimal)
      return Number(a.subtract(b).unscaled > 0n) - Number(a.subtract(b).unscaled < 0n);
    const wholes = [a, b].every((value) => typeof value === "number" || typeof value === "bigint");
    if (wholes) return a < b ? -1 : a > b ? 1 : 0;
    return toDouble(a) - toDouble(b);
  }
  // Java casts the argument to the receiver's class, then tries both as doubles and gives the first refusal.
  throw badCast(b, a instanceof DateValue ? "java.util.Date" : classNameOf(a));
}

function isComparable(value: Value): boolean {
  return typeof value === "string" || typeof value === "boolean" || isNumeric(value) || value instanceof DateValue;
}
