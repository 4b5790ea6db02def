import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { JavaDouble } from "../values/java-double.ts";
import { illegalArgument, JavaException } from "../values/java-exception.ts";
import { itemsOf, ListValue, type Value } from "../values/value.ts";
import { booleanOption, coerceToDouble, coerceToInt, intArgument, intOption, option, textOption } from "./arguments.ts";

export const randomHelpers: Helpers = new Map<string, Helper>([
  ["randomValue", (_context, call) => randomValue(call)],
  ["randomInt", (_context, call) => randomInt(call)],
  ["randomDecimal", (_context, call) => randomDecimal(call)],
  ["pickRandom", pickRandom],
]);

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const ascii = (from: number, to: number) => String.fromCharCode(...Array.from({ length: to - from }, (_, at) => from + at));

/** Upper and lower case are drawn alike, and then made one of them. */
const ALPHABETS: ReadonlyMap<string, string> = new Map([
  ["ALPHANUMERIC", LETTERS + LETTERS.toUpperCase() + DIGITS],
  ["ALPHABETIC", LETTERS + LETTERS.toUpperCase()],
  ["NUMERIC", DIGITS],
  ["ALPHANUMERIC_AND_SYMBOLS", ascii(33, 126)],
  ["HEXADECIMAL", "ABCDEF0123456789"],
]);
const ANY_ASCII = ascii(32, 127);

function randomValue(call: HelperCall): string {
  const length = intOption(call, "length") ?? 36;
  const upper = booleanOption(call, "uppercase") ?? false;
  const type = textOption(call, "type") ?? "ALPHANUMERIC";
  const text = type === "UUID" ? call.rendering.world.uuid() : draw(length, ALPHABETS.get(type) ?? ANY_ASCII, call);
  return upper ? text.toUpperCase() : text.toLowerCase();
}

function draw(length: number, alphabet: string, call: HelperCall): string {
  if (length < 0) throw illegalArgument(`Requested random string length ${length} is less than 0.`);
  call.rendering.budget.text(length);
  let text = "";
  for (let at = 0; at < length; at++) text += alphabet[Math.floor(call.rendering.world.random() * alphabet.length)] ?? "";
  return text;
}

function randomInt(call: HelperCall): number {
  const lower = bound(coerceToInt(call.hash.get("lower") ?? -(2 ** 31)), "Int", "Integer.int");
  const upper = bound(coerceToInt(call.hash.get("upper") ?? 2 ** 31 - 1), "Int", "Integer.int");
  if (lower >= upper) throw illegalArgument("bound must be greater than origin");
  return lower + Math.floor(call.rendering.world.random() * (upper - lower));
}

function randomDecimal(call: HelperCall): JavaDouble {
  const lower = bound(coerceToDouble(call.hash.get("lower") ?? new JavaDouble(Number.MIN_VALUE)), "Double", "Double.double");
  const upper = bound(coerceToDouble(call.hash.get("upper") ?? new JavaDouble(Number.MAX_VALUE)), "Double", "Double.double");
  if (!(lower < upper)) throw illegalArgument("bound must be greater than origin");
  const drawn = lower + call.rendering.world.random() * (upper - lower);
  return new JavaDouble(drawn < upper ? drawn : lower);
}

function bound(value: number | null, type: string, method: string): number {
  if (value !== null) return value;
  const coerce = `com.github.tomakehurst.wiremock.extension.responsetemplating.helpers.HelperUtils.coerceTo${type}(Object)`;
  throw new JavaException(
    "java.lang.NullPointerException",
    `Cannot invoke "java.lang.${method}Value()" because the return value of "${coerce}" is null`,
  );
}

function pickRandom(context: Value, call: HelperCall): Value {
  if (context === null) return helperError("Must specify either a single list argument or a set of single value arguments.");
  const values = choices(context, call);
  const count = intArgument(option(call, "count"));
  const { random } = call.rendering.world;
  call.rendering.budget.step(values.length);
  if (count === null || count <= 0) {
    if (values.length === 0) throw illegalArgument("bound must be positive");
    return values[Math.floor(random() * values.length)] ?? null;
  }
  const wanted = Math.min(values.length, count);
  for (let at = 0; at < wanted; at++) {
    const other = at + Math.floor(random() * (values.length - at));
    [values[at], values[other]] = [values[other] ?? null, values[at] ?? null];
  }
  return new ListValue(values.slice(0, wanted));
}

function choices(context: Value, call: HelperCall): Value[] {
  return [...(itemsOf(context) ?? [context, ...call.params])];
}
