import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { holds } from "../values/compare.ts";
import { badCast, illegalArgument, JavaException, nullPointer } from "../values/java-exception.ts";
import { ListValue, MapValue, type Value } from "../values/value.ts";
import { coerceToInt, param, paramOr, parseInt32, textArgument, textOf, textOption } from "./arguments.ts";

export const arrayHelpers: Helpers = new Map<string, Helper>([
  ["array", (context, call) => new ListValue(context === null || context === call.scope.model ? [] : [context, ...call.params])],
  ["arrayAdd", arrayAdd],
  ["arrayRemove", arrayRemove],
  ["arrayJoin", arrayJoin],
  ["range", range],
  ["size", size],
  ["contains", contains],
]);

function listArgument(value: Value): ListValue | null {
  if (value === null || value instanceof ListValue) return value;
  throw badCast(value, "java.util.List");
}

function arrayAdd(context: Value, call: HelperCall): Value {
  const list = listArgument(context);
  if (!list) return new ListValue([]);
  if (call.params.length === 0) return helperError("Missing required parameter: additional value to add to list");
  const position = positionOf(call);
  if (typeof position === "string") return position;
  const { items } = list;
  if (position !== undefined && (position < 0 || position > items.length)) return helperError(OUT_OF_BOUNDS);
  call.rendering.budget.step(items.length);
  return new ListValue(items.toSpliced(position ?? items.length, 0, param(call, 0)));
}

function arrayRemove(context: Value, call: HelperCall): Value {
  const position = positionOf(call);
  const list = listArgument(context);
  if (typeof position === "string") return position;
  if (!list) throw nullPointer("java.util.List.size()", "list");
  const { items } = list;
  if (position !== undefined && (position < 0 || position > items.length)) return helperError(OUT_OF_BOUNDS);
  const at = position ?? items.length - 1;
  if (at < 0 || at >= items.length) {
    throw new JavaException("java.lang.IndexOutOfBoundsException", `Index ${at} out of bounds for length ${items.length}`);
  }
  call.rendering.budget.step(items.length);
  return new ListValue(items.toSpliced(at, 1));
}

const OUT_OF_BOUNDS = "position must be greater than or equal to 0 and less than or equal to the size of the list";

/** Undefined is the end; a text is the complaint. */
function positionOf(call: HelperCall): number | undefined | string {
  const given = call.hash.get("position") ?? "end";
  const text = textOf(given, call);
  if (text.toLowerCase() === "start") return 0;
  if (text.toLowerCase() === "end") return undefined;
  try {
    return parseInt32(text);
  } catch (error) {
    if (error instanceof JavaException) return helperError("position must be 'start', 'end' or an integer");
    throw error;
  }
}

/** `{{arrayJoin ', ' list}}`, `{{arrayJoin ', ' a b c}}`, and as a block that renders each item. */
function arrayJoin(separator: Value, call: HelperCall): Value {
  if (typeof separator !== "string") return helperError("Separator parameter must be a String");
  const first = paramOr(call, 0, null);
  if (first === null) return helperError("The parameter must be list");
  if (first instanceof MapValue && first.style === "path") throw badCast(first, "java.util.List");
  const items = first instanceof ListValue ? first.items : call.params;
  const prefix = textOption(call, "prefix") ?? "";
  const suffix = textOption(call, "suffix") ?? "";
  if (items.length === 0) return "";
  const { budget } = call.rendering;
  let text = "";
  for (const [at, item] of items.entries()) {
    budget.step();
    budget.text(separator.length);
    if (item === null && !call.isBlock) throw nullPointer("Object.toString()", "item");
    text += (at > 0 ? separator : "") + (call.isBlock ? call.body(item) : textOf(item, call));
    if (text.length > budget.limits.maxOutputChars) budget.text(text.length);
  }
  return prefix + text + suffix;
}

function range(context: Value, call: HelperCall): Value {
  const lower = coerceToInt(context);
  const upper = call.params.length > 0 ? coerceToInt(param(call, 0)) : null;
  if (lower === null || upper === null) return helperError("The range helper requires both lower and upper bounds as integer parameters");
  const count = (upper - lower + 1) | 0;
  if (count < 0) throw illegalArgument(String(count));
  call.rendering.budget.step(count);
  return new ListValue(Array.from({ length: count }, (_, at) => lower + at));
}

function size(context: Value): Value {
  if (context === null) throw nullPointer("Object.getClass()", "context");
  if (typeof context === "string") return context.length;
  if (context instanceof ListValue) return context.items.length;
  return context instanceof MapValue ? context.entries.size : null;
}

function contains(context: Value, call: HelperCall): Value {
  if (call.params.length === 0) return helperError("You must specify the string or array to be matched and the regular expression");
  const expected = textArgument(param(call, 0));
  if (context === null || expected === null) return false;
  const found = context instanceof ListValue ? holds(context, expected, call.rendering.budget) : textOf(context, call).includes(expected);
  return call.isBlock ? (found ? call.body() : "") : found;
}
