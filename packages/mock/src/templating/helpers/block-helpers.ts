import type { Helper, HelperCall, Helpers } from "../evaluation/helper.ts";
import { compilePath } from "../language/path.ts";
import { isFalsy } from "../values/compare.ts";
import { illegalArgument, JavaException } from "../values/java-exception.ts";
import { hashMapOrder } from "../values/java-hash.ts";
import { BeanValue, itemsOf, MapValue, type Value } from "../values/value.ts";
import { intOption, textArgument, textOf } from "./arguments.ts";

/** The helpers every Handlebars has: if, unless, each, with, lookup, log, and those of Handlebars.java for named bodies. */
export const blockHelpers: Helpers = new Map<string, Helper>([
  ["if", (context, call) => (isFalsy(context) ? call.inverse() : call.body())],
  ["unless", (context, call) => (isFalsy(context) ? call.body() : call.inverse())],
  ["with", (context, call) => (isFalsy(context) ? call.inverse(context) : call.body(context))],
  ["each", each],
  ["lookup", lookup],
  // It writes a log line there; here it only evaluates what it is given.
  ["log", log],
  ["partial", definePartial],
  ["block", block],
  ["embedded", (context) => notFound(context)],
  ["precompile", (context) => notFound(context)],
  ["i18n", (_context, call) => noBundle(call)],
  ["i18nJs", (_context, call) => noBundle(call)],
]);

function log(_context: Value, call: HelperCall): Value {
  if (call.isBlock) call.body();
  return null;
}

function each(context: Value, call: HelperCall): Value {
  if (context === null) return call.inverse();
  const items = itemsOf(context);
  return items ? eachItem(items, call) : eachMember(membersOf(context), call);
}

function membersOf(context: Value): readonly (readonly [string, Value])[] {
  if (context instanceof MapValue) return [...context.entries];
  if (!(context instanceof BeanValue)) return [];
  return hashMapOrder([...context.members.keys()]).map((name) => [name, context.members.get(name)?.() ?? null] as const);
}

function eachItem(items: readonly Value[], call: HelperCall): string {
  const base = intOption(call, "base") ?? 0;
  let text = "";
  for (const [at, item] of items.entries()) {
    call.rendering.budget.step();
    const index = base + at;
    const locals = new Map<string, Value>([
      ["@key", index],
      ["@index", index],
      ["@first", at === 0 ? "first" : ""],
      ["@last", at === items.length - 1 ? "last" : ""],
      ["@odd", index % 2 === 0 ? "" : "odd"],
      ["@even", index % 2 === 0 ? "even" : ""],
      ["@index_1", index + 1],
    ]);
    text += call.bodyIn(call.scope.child(item, locals), [item, index]);
    call.rendering.budget.text(0);
  }
  return items.length === 0 ? call.inverse() : text;
}

function eachMember(members: readonly (readonly [string, Value])[], call: HelperCall): string {
  let text = "";
  for (const [at, [key, value]] of members.entries()) {
    call.rendering.budget.step();
    const locals = new Map<string, Value>([
      ["@key", key],
      ["@index", at],
      ["@first", at === 0 ? "first" : ""],
      ["@last", at === members.length - 1 ? "last" : ""],
    ]);
    text += call.bodyIn(call.scope.child(value, locals), [value, key]);
  }
  return members.length === 0 ? call.inverse() : text;
}

function lookup(context: Value, call: HelperCall): Value {
  const [name] = call.params;
  if (context === null || name === undefined) return context;
  if (name === null) {
    throw new JavaException(
      "java.lang.NullPointerException",
      'Cannot invoke "Object.toString()" because the return value of "wiremock.com.github.jknack.handlebars.Options.param(int)" is null',
    );
  }
  const path = compilePath(textOf(name, call));
  if (path.steps.length === 0) throw new JavaException("java.lang.IndexOutOfBoundsException", "Index 0 out of bounds for length 0");
  return call.scope.child(context).get(path) ?? context;
}

function definePartial(context: Value, call: HelperCall): Value {
  call.rendering.namedBodies.set(partialName(context, call), { body: call.namedBody(), isBlock: call.isBlock, hash: call.hash });
  return null;
}

/** What `partial` defined under that name, else its own body. */
function block(context: Value, call: HelperCall): Value {
  const defined = call.rendering.namedBodies.get(partialName(context, call));
  for (const [name, value] of [...call.hash, ...(defined?.hash ?? [])]) call.scope.variables.set(name, value);
  return defined?.isBlock ? defined.body(call.scope) : call.body();
}

function partialName(context: Value, call: HelperCall): string {
  if (typeof context === "string") return context;
  throw illegalArgument(`found '${textOf(context, call)}', expected 'partial's name'`);
}

/** Templates on Java's class path: there are none. */
function notFound(context: Value): never {
  throw new JavaException("java.io.FileNotFoundException", `/${textArgument(context)}.hbs`);
}

function noBundle(call: HelperCall): never {
  const bundle = call.hash.get("bundle") ?? "messages";
  throw new JavaException("java.util.MissingResourceException", `Can't find bundle for base name ${textOf(bundle, call)}, locale en`);
}
