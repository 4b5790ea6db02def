import type { Helper, HelperCall, Helpers } from "../evaluation/helper.ts";
import { areEqual, compareValues, isFalsy, isNumeric } from "../values/compare.ts";
import { badCast } from "../values/java-exception.ts";
import type { Value } from "../values/value.ts";
import { coerceToInt, paramOr } from "./arguments.ts";

type Condition = (context: Value, call: HelperCall) => boolean;

/** As a block the body or its else; otherwise `yes=` and `no=`, which are true and false. */
function conditional(condition: Condition): Helper {
  return (context, call) => {
    const holds = condition(context, call);
    if (call.isBlock) return holds ? call.body() : call.inverse();
    return holds ? (call.hash.get("yes") ?? true) : (call.hash.get("no") ?? false);
  };
}

const other = (call: HelperCall): Value => paramOr(call, 0, null);
const order = (context: Value, call: HelperCall): number => compareValues(context, other(call), call.rendering.budget);

/** `isEven`, `isOdd` and `stripes` print nothing for what is no number. */
function parity(even: (call: HelperCall) => Value, odd: (call: HelperCall) => Value): Helper {
  return (context, call) => {
    if (!isNumeric(context)) return null;
    return (coerceToInt(context) ?? 0) % 2 === 0 ? even(call) : odd(call);
  };
}

function word(call: HelperCall, at: number, fallback: string): string {
  const given = paramOr(call, at, fallback);
  if (typeof given === "string") return given;
  throw badCast(given, "java.lang.CharSequence");
}

export const conditionHelpers: Helpers = new Map<string, Helper>([
  ["eq", conditional((context, call) => areEqual(context, other(call), call.rendering.budget))],
  ["neq", conditional((context, call) => !areEqual(context, other(call), call.rendering.budget))],
  ["gt", conditional((context, call) => order(context, call) > 0)],
  ["gte", conditional((context, call) => order(context, call) >= 0)],
  ["lt", conditional((context, call) => order(context, call) < 0)],
  ["lte", conditional((context, call) => order(context, call) <= 0)],
  ["and", conditional((context, call) => [context, ...call.params].every((value) => !isFalsy(value)))],
  ["or", conditional((context, call) => [context, ...call.params].some((value) => !isFalsy(value)))],
  ["not", conditional((context) => isFalsy(context))],
  [
    "isEven",
    parity(
      (call) => word(call, 0, "even"),
      () => null,
    ),
  ],
  [
    "isOdd",
    parity(
      () => null,
      (call) => word(call, 0, "odd"),
    ),
  ],
  [
    "stripes",
    parity(
      (call) => word(call, 0, "even"),
      (call) => word(call, 1, "odd"),
    ),
  ],
]);
