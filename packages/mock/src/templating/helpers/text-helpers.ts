import type { Helper, HelperCall, Helpers } from "../evaluation/helper.ts";
import { isJavaSpace, stripEnd, stripStart } from "../language/java-space.ts";
import { isFalsy } from "../values/compare.ts";
import { illegalArgument, JavaException, nullPointer } from "../values/java-exception.ts";
import { itemsOf, type Value } from "../values/value.ts";
import { booleanOption, intArgument, intOption, option, paramOr, textArgument, textOf, textOption } from "./arguments.ts";
import { formatJavaString } from "./string-format.ts";

/** Handlebars.java's StringHelpers. For nothing (null, empty, 0, false) they print their second argument, if there is one. */
function ofText(apply: (text: string, call: HelperCall) => string): Helper {
  return (context, call) => {
    if (!isFalsy(context)) return counted(apply(textOf(context, call), call), call);
    const instead = paramOr(call, 0, null);
    return instead === null ? null : textOf(instead, call);
  };
}

function counted(text: string, call: HelperCall): string {
  call.rendering.budget.text(text.length);
  return text;
}

export const textHelpers: Helpers = new Map<string, Helper>([
  ["capitalizeFirst", ofText((text) => capitalized(text))],
  ["capitalize", ofText((text, call) => capitalizeWords(booleanOption(call, "fully") ? text.toLowerCase() : text))],
  ["lower", ofText((text) => text.toLowerCase())],
  ["upper", ofText((text) => text.toUpperCase())],
  ["center", ofText((text, call) => pad(text, call, "both"))],
  ["ljust", ofText((text, call) => pad(text, call, "right"))],
  ["rjust", ofText((text, call) => pad(text, call, "left"))],
  ["substring", ofText(substring)],
  ["slugify", ofText(slugify)],
  ["stringFormat", ofText((format, call) => formatJavaString(format, call.params, call.rendering.budget))],
  ["stripTags", ofText(stripTags)],
  ["abbreviate", ofText(abbreviate)],
  ["wordWrap", ofText(wordWrap)],
  ["replace", ofText(replace)],
  ["cut", cut],
  ["defaultIfEmpty", (context, call) => (isFalsy(context) ? paramOr(call, 0, "") : textOf(context, call))],
  ["join", join],
  ["yesno", yesNo],
]);

function capitalized(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  const upper = first.toUpperCase();
  // A letter whose upper case is several (ß) stays.
  return [...upper].length === 1 ? upper + text.slice(first.length) : text;
}

function capitalizeWords(text: string): string {
  return text.replace(/[^ ]+/gu, capitalized);
}

function pad(text: string, call: HelperCall, side: "left" | "right" | "both"): string {
  const size = intOption(call, "size");
  if (size === null) throw new JavaException("java.lang.NullPointerException", "found 'null', expected 'size'");
  const given = textOption(call, "pad") ?? " ";
  const filler = given === "" ? " " : given;
  const missing = size - text.length;
  if (missing <= 0) return text;
  call.rendering.budget.text(size);
  const fill = (length: number) => filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
  if (side === "left") return fill(missing) + text;
  if (side === "right") return text + fill(missing);
  const left = Math.floor(missing / 2);
  return fill(left) + text + fill(missing - left);
}

function substring(text: string, call: HelperCall): string {
  if (call.params.length === 0) throw new JavaException("java.lang.IndexOutOfBoundsException", "Required start offset: ");
  const start = intArgument(paramOr(call, 0, null));
  const end = intArgument(paramOr(call, 1, text.length)) ?? text.length;
  if (start === null) {
    throw new JavaException("java.lang.NullPointerException", 'Cannot invoke "java.lang.Integer.intValue()" because "start" is null');
  }
  if (start < 0 || start > end || end > text.length) {
    throw new JavaException("java.lang.StringIndexOutOfBoundsException", `begin ${start}, end ${end}, length ${text.length}`);
  }
  return text.slice(start, end);
}

/** Letters in lower case and dashes for spaces; digits are dropped, as in the original. */
function slugify(text: string): string {
  let slug = "";
  for (const char of stripEnd(stripStart(text))) {
    if (/\p{L}/u.test(char)) slug += char.toLowerCase();
    else if (isJavaSpace(char.charCodeAt(0))) slug += "-";
  }
  return slug;
}

function stripTags(text: string): string {
  let stripped = "";
  let at = 0;
  for (;;) {
    const open = text.indexOf("<", at);
    const close = open < 0 ? -1 : text.indexOf(">", open);
    if (close < 0) return stripped + text.slice(at);
    stripped += text.slice(at, open);
    at = close + 1;
  }
}

function abbreviate(text: string, call: HelperCall): string {
  const width = intArgument(paramOr(call, 0, null));
  if (width === null) throw new JavaException("java.lang.NullPointerException", "found 'null', expected 'width'");
  if (width < 4) throw illegalArgument("Minimum abbreviation width is 4");
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
}

/** Lines of at most so many characters where there are spaces to break at; longer words stay whole. */
function wordWrap(text: string, call: HelperCall): string {
  const given = intArgument(paramOr(call, 0, null));
  if (given === null) throw new JavaException("java.lang.NullPointerException", "found 'null', expected 'length'");
  const width = Math.max(1, given);
  let wrapped = "";
  let at = 0;
  while (text.length - at > width) {
    call.rendering.budget.step();
    if (text[at] === " ") {
      at += 1;
      continue;
    }
    const within = text.lastIndexOf(" ", at + width);
    const space = within >= at ? within : text.indexOf(" ", at + width);
    if (space < 0) break;
    wrapped += `${text.slice(at, space)}\n`;
    at = space + 1;
  }
  return wrapped + text.slice(at);
}

function replace(text: string, call: HelperCall): string {
  const target = textArgument(paramOr(call, 0, null));
  const replacement = textArgument(paramOr(call, 1, null));
  if (target === null || replacement === null) {
    throw nullPointer("java.lang.CharSequence.toString()", target === null ? "target" : "replacement");
  }
  return replaceAll(text, target, replacement, call);
}

/** Counts what comes out before it is made. */
function replaceAll(text: string, target: string, replacement: string, call: HelperCall): string {
  let found = target === "" ? text.length + 1 : 0;
  if (target !== "") for (let at = text.indexOf(target); at >= 0; at = text.indexOf(target, at + target.length)) found += 1;
  call.rendering.budget.text(text.length + found * Math.max(0, replacement.length - target.length));
  return text.replaceAll(target, () => replacement);
}

function cut(context: Value, call: HelperCall): Value {
  if (isFalsy(context)) return "";
  const part = textArgument(paramOr(call, 0, " ")) ?? " ";
  return replaceAll(textOf(context, call), part, "", call);
}

function join(context: Value, call: HelperCall): Value {
  if (isFalsy(context)) return "";
  const last = call.params.length - 1;
  const separator = paramOr(call, last, null);
  if (separator === null) throw new JavaException("java.lang.NullPointerException", `found 'null', expected 'separator' at param[${last}]`);
  if (typeof separator !== "string") {
    throw illegalArgument(`found '${textOf(separator, call)}', expected 'separator' at param[${last}]`);
  }
  const items = itemsOf(context) ?? [context, ...call.params.slice(0, -1)];
  return `${textOption(call, "prefix") ?? ""}${joined(items, separator, call)}${textOption(call, "suffix") ?? ""}`;
}

/** Nulls are empty text. */
function joined(items: readonly Value[], separator: string, call: HelperCall): string {
  let text = "";
  for (const [at, item] of items.entries()) {
    call.rendering.budget.step();
    text += (at > 0 ? separator : "") + (item === null ? "" : textOf(item, call));
    call.rendering.budget.text(separator.length);
    if (text.length > call.rendering.budget.limits.maxOutputChars) call.rendering.budget.text(text.length);
  }
  return text;
}

function yesNo(context: Value, call: HelperCall): Value {
  if (context === null) return option(call, "maybe") ?? "maybe";
  if (typeof context !== "boolean") throw illegalArgument(`found '${textOf(context, call)}', expected 'boolean'`);
  return context ? (option(call, "yes") ?? "yes") : (option(call, "no") ?? "no");
}
