import { compileRegex, RegexSyntaxError, type SafeRegex } from "../../regex/safe-regex.ts";
import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { RenderLimitError } from "../evaluation/render-budget.ts";
import { CacheSlot } from "../evaluation/render-cache.ts";
import { JavaException, nullPointer } from "../values/java-exception.ts";
import { listOrSingle, type Value } from "../values/value.ts";
import { param, textArgument, textOfPresent } from "./arguments.ts";

/** Regular expressions are Java's; an evaluation that takes too long ends the rendering instead of answering "no match". */
export const regexHelpers: Helpers = new Map<string, Helper>([
  ["matches", matches],
  ["regexExtract", regexExtract],
]);

const outOfTime = (message: string): never => {
  throw new RenderLimitError(message);
};

function matches(context: Value, call: HelperCall): Value {
  if (call.params.length === 0) return helperError("You must specify the string to be matched and the regular expression");
  const text = textOfPresent(context, call);
  const expression = textArgument(param(call, 0));
  if (expression === null) throw nullPointer("String.isEmpty()", "this.pattern");
  const compiled = compiledRegex(expression, call);
  if (typeof compiled === "string") throw new JavaException("java.util.regex.PatternSyntaxException", compiled);
  const matched = compiled.matches(text, outOfTime);
  return call.isBlock ? (matched ? call.body() : "") : matched;
}

/** One argument: the first match. Two: all groups of all matches, as a variable. */
function regexExtract(context: Value, call: HelperCall): Value {
  const expression = textArgument(param(call, 0));
  if (expression === null) throw nullPointer("String.isEmpty()", "this.pattern");
  const compiled = compiledRegex(expression, call);
  if (typeof compiled === "string") return helperError(`Invalid regex string ${expression}`);
  const text = textOfPresent(context, call);
  const groups: (string | null)[] = [];
  for (let from = 0; from <= text.length; ) {
    call.rendering.budget.step();
    call.rendering.budget.checkTime();
    const found = compiled.exec(text, from, outOfTime);
    if (!found) break;
    if (call.params.length === 1) return found.groups[0] ?? "";
    for (const group of found.groups.slice(1)) groups.push(group ?? null);
    from = found.end > found.start ? found.end : found.end + 1;
  }
  if (groups.length === 0) return call.hash.get("default") ?? helperError(`Nothing matched ${expression}`);
  const variable = textArgument(param(call, 1));
  if (variable !== null) call.scope.variables.set(variable, listOrSingle(groups));
  return null;
}

const expressions = new CacheSlot<SafeRegex | string>();

/** The complaint when it cannot be compiled. */
function compiledRegex(expression: string, call: HelperCall): SafeRegex | string {
  return call.rendering.cache.get(expressions, expression, (text) => {
    try {
      return compileRegex(text);
    } catch (error) {
      if (error instanceof RegexSyntaxError) return error.message;
      throw error;
    }
  });
}
