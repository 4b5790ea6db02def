import type { SafeRegex } from "../regex/safe-regex.ts";
import { compareNumbers } from "./decimal.ts";
import { type Evaluation, EvaluationRefusal, evaluatePath, KeySet } from "./evaluate-json-path.ts";
import { javaNumberText } from "./json-number-text.ts";
import type { Filter, Operand, Operator, PathTree } from "./json-path-tree.ts";
import { isJsonNumber, isJsonObject, JsonNumber, type JsonValue, keysOf, valueAt } from "./json-value.ts";
import { parseJsonPath } from "./parse-json-path.ts";
import { parseSmartJson } from "./parse-smart-json.ts";
import { unescapePath } from "./path-text.ts";

/** An operand with its value. `json` is a list or object; one written in the filter has text, and only its members are compared. */
type Value =
  | { readonly kind: "undefined" | "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "json"; readonly value: JsonValue; readonly text: string | undefined }
  | { readonly kind: "regex"; readonly regex: SafeRegex }
  | { readonly kind: "path" };

/** Whether a filter accepts an item. What cannot be compared is not accepted; an EvaluationRefusal that Jayway lets through ends everything. */
export function accepts(filter: Filter, item: JsonValue, evaluation: Evaluation): boolean {
  evaluation.visit();
  try {
    return holds(filter, item, evaluation);
  } catch (error) {
    if (error instanceof EvaluationRefusal && (error.kind === "missing" || error.kind === "invalid")) return false;
    throw error;
  }
}

function holds(filter: Filter, item: JsonValue, evaluation: Evaluation): boolean {
  switch (filter.kind) {
    case "and":
      return filter.operands.every((operand) => holds(operand, item, evaluation));
    case "or":
      return filter.operands.some((operand) => holds(operand, item, evaluation));
    case "not":
      return !holds(filter.operand, item, evaluation);
    case "exists":
      return exists(filter.path, item, evaluation) === filter.wanted;
    case "relation":
      return relate(filter.operator, operandValue(filter.left, item, evaluation), operandValue(filter.right, item, evaluation), evaluation);
  }
}

/** As in Jayway, `$` means the item too when existence is asked for. */
function exists(path: PathTree, item: JsonValue, evaluation: Evaluation): boolean {
  try {
    evaluatePath(path, item, evaluation, true);
    return true;
  } catch (error) {
    if (error instanceof EvaluationRefusal && error.kind === "missing") return false;
    throw error;
  }
}

function operandValue(operand: Operand, item: JsonValue, evaluation: Evaluation): Value {
  switch (operand.kind) {
    case "literal":
      return scalarValue(operand.value) ?? { kind: "null" };
    case "number":
      return operand;
    case "regex":
      return operand;
    case "json":
      return { kind: "json", value: operand.value ?? invalidJson(operand.text), text: operand.text };
    case "path":
      return pathValue(operand.path, item, evaluation);
  }
}

function invalidJson(text: string): never {
  throw new EvaluationRefusal("failed", `not JSON: ${text}`);
}

function pathValue(path: PathTree, item: JsonValue, evaluation: Evaluation): Value {
  try {
    const found = evaluatePath(path, path.root === "$" ? evaluation.document : item, evaluation);
    if (found instanceof KeySet) throw new EvaluationRefusal("failed", "a set of keys cannot be compared");
    return scalarValue(found) ?? { kind: "json", value: found, text: undefined };
  } catch (error) {
    if (error instanceof EvaluationRefusal && error.kind === "missing") return { kind: "undefined" };
    throw error;
  }
}

function scalarValue(value: JsonValue): Value | undefined {
  if (value === null) return { kind: "null" };
  if (typeof value === "boolean") return { kind: "boolean", value };
  if (typeof value === "string") return { kind: "string", text: value };
  if (!isJsonNumber(value)) return undefined;
  const text = javaNumberText(value);
  if (!/\d/.test(text)) throw new EvaluationRefusal("failed", `${text} is no decimal number`);
  return { kind: "number", text };
}

function relate(operator: Operator, left: Value, right: Value, evaluation: Evaluation): boolean {
  switch (operator) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "===":
      return left.kind === right.kind && equal(left, right);
    case "!==":
      return !(left.kind === right.kind && equal(left, right));
    case "<":
      return ordered(left, right, (order) => order < 0);
    case "<=":
      return ordered(left, right, (order) => order <= 0);
    case ">":
      return ordered(left, right, (order) => order > 0);
    case ">=":
      return ordered(left, right, (order) => order >= 0);
    case "=~":
      return matches(left, right, evaluation);
    case "IN":
      return isIn(left, right);
    case "NIN":
      return !isIn(left, right);
    case "CONTAINS":
      return contains(left, right);
    case "SIZE":
      return right.kind === "number" && sizeOf(left) === Math.trunc(Number(right.text));
    case "EMPTY":
      return empty(left, right);
    case "SUBSETOF":
      return ofLists(left, right, (all, others) => all.every((one) => others.some((other) => equal(one, other))));
    case "ANYOF":
      return ofLists(left, right, (all, others) => all.some((one) => others.some((other) => equal(one, other))));
    case "NONEOF":
      return ofLists(left, right, (all, others) => !all.some((one) => others.some((other) => equal(one, other))));
    case "EXISTS":
      if (left.kind !== "boolean" || right.kind !== "boolean") throw new EvaluationRefusal("failed", "existence of what is no boolean");
      return left.value === right.value;
    case "ALL":
    case "TYPE":
    case "MATCHES":
      // Jayway offers these in code only: in a path they accept nothing.
      throw new EvaluationRefusal("invalid", `${operator} has no meaning in a path`);
  }
}

/** Text and numbers are equal when one reads as the other; a list is compared as Java does, 1 not being 1.0. */
function equal(left: Value, right: Value): boolean {
  switch (left.kind) {
    case "null":
      return right.kind === "null";
    case "boolean":
      return right.kind === "boolean" && right.value === left.value;
    case "string":
      return (right.kind === "string" && right.text === left.text) || (right.kind === "number" && bigDecimalText(right.text) === left.text);
    case "number":
      return (right.kind === "number" || (right.kind === "string" && isDecimal(right.text))) && sameDecimal(left.text, right.text);
    case "json":
      return right.kind === "json" && left.text === undefined && javaEquals(left.value, right.value);
    default:
      return false;
  }
}

function isDecimal(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
}

function sameDecimal(one: string, two: string): boolean {
  return compareNumbers(new JsonNumber(plainDecimal(one)), new JsonNumber(plainDecimal(two))) === 0;
}

/** As JSON writes it: a digit on either side of the point, no plus sign. */
function plainDecimal(text: string): string {
  return text
    .replace(/^\+/, "")
    .replace(/^(-?)\./, "$10.")
    .replace(/\.(?=$|[eE])/, "");
}

/** As a BigDecimal made of this text prints itself. */
function bigDecimalText(text: string): string {
  return /[eE]/.test(text) ? javaNumberText(new JsonNumber(plainDecimal(text).padStart(19, " ").trimStart())) : plainDecimal(text);
}

function ordered(left: Value, right: Value, test: (order: number) => boolean): boolean {
  if (left.kind === "number" && right.kind === "number") {
    return test(compareNumbers(new JsonNumber(plainDecimal(left.text)), new JsonNumber(plainDecimal(right.text))));
  }
  if (left.kind !== "string" || right.kind !== "string") return false;
  return test(left.text === right.text ? 0 : left.text < right.text ? -1 : 1);
}

/** The regular expression may stand on either side; of a list one member has to match. */
function matches(left: Value, right: Value, evaluation: Evaluation): boolean {
  const [pattern, input] = left.kind === "regex" ? [left, right] : [right, left];
  if (pattern.kind !== "regex" || input.kind === "regex") return false;
  const texts = input.kind === "json" && Array.isArray(input.value) ? members(input.value).map(textOf) : [textOf(input)];
  return texts.some((text) => {
    evaluation.visit();
    return pattern.regex.matches(text, (message) => {
      throw new EvaluationRefusal("failed", `the regular expression ${pattern.regex.source} ${message}`);
    });
  });
}

function textOf(value: Value): string {
  if (value.kind === "string") return value.text;
  if (value.kind === "number") return bigDecimalText(value.text);
  return value.kind === "boolean" ? String(value.value) : "";
}

function isIn(left: Value, right: Value): boolean {
  const list = listOf(right);
  return list?.some((member) => equal(left, member)) ?? false;
}

function contains(left: Value, right: Value): boolean {
  if (left.kind === "string" && right.kind === "string") return left.text.includes(right.text);
  if (left.kind !== "json" || !Array.isArray(left.value)) return false;
  return members(left.value).some((member) => equal(right, member));
}

function sizeOf(value: Value): number {
  if (value.kind === "string") return value.text.length;
  return value.kind === "json" && Array.isArray(value.value) ? value.value.length : -1;
}

function empty(left: Value, right: Value): boolean {
  if (left.kind !== "string" && left.kind !== "json") return false;
  if (left.kind === "json" && !Array.isArray(left.value)) throw new EvaluationRefusal("failed", "EMPTY of an object");
  if (right.kind !== "boolean") throw new EvaluationRefusal("invalid", "EMPTY takes true or false");
  const isEmpty = left.kind === "string" ? left.text === "" : Array.isArray(left.value) && left.value.length === 0;
  return isEmpty === right.value;
}

function ofLists(left: Value, right: Value, test: (left: Value[], right: Value[]) => boolean): boolean {
  const others = listOf(right);
  const all = others && listOf(left);
  return all !== undefined && test(all, others ?? []);
}

/** The members of a list; undefined of an object. Anything else has none. */
function listOf(value: Value): Value[] | undefined {
  if (value.kind !== "json") throw new EvaluationRefusal("invalid", "not a list");
  return Array.isArray(value.value) ? members(value.value) : undefined;
}

/** Jayway reads text in a list again: what looks like a path or JSON is one, quotes are taken off. Lists in lists it refuses. */
function members(list: readonly JsonValue[]): Value[] {
  return list.map((member) => {
    if (typeof member === "string") return textMember(member);
    const value = scalarValue(member);
    if (!value) throw new EvaluationRefusal("failed", "Could not determine value type");
    return value;
  });
}

function textMember(text: string): Value {
  const trimmed = text.trim();
  if (/^[@$]/.test(trimmed) && isPath(trimmed)) return { kind: "path" };
  if (/^(?:\[[\s\S]*\]|\{[\s\S]*\})$/.test(trimmed)) {
    const parsed = parseSmartJson(trimmed);
    if (parsed.ok) return { kind: "json", value: parsed.value, text };
  }
  if (text.length < 2) return { kind: "string", text };
  const quoted = /^(?:'[\s\S]*'|"[\s\S]*")$/.test(text) ? text.slice(1, -1) : text;
  return { kind: "string", text: unescapePath(quoted) };
}

function isPath(text: string): boolean {
  try {
    parseJsonPath(text);
    return true;
  } catch {
    return false;
  }
}

/** Java's equals of lists, maps and boxed values: numbers are equal when their types and values are. */
function javaEquals(one: JsonValue, two: JsonValue): boolean {
  if (isJsonNumber(one)) return isJsonNumber(two) && javaNumberText(one) === javaNumberText(two) && isIntegral(one) === isIntegral(two);
  if (Array.isArray(one))
    return Array.isArray(two) && one.length === two.length && one.every((item, i) => javaEquals(item, two[i] ?? null));
  if (!isJsonObject(one)) return one === two;
  if (!isJsonObject(two) || isJsonNumber(two)) return false;
  const keys = keysOf(one);
  return (
    keys.length === keysOf(two).length &&
    keys.every((key) => valueAt(two, key) !== undefined && javaEquals(valueAt(one, key) ?? null, valueAt(two, key) ?? null))
  );
}

function isIntegral(value: number | JsonNumber): boolean {
  return !/[.eE]/.test(String(value));
}
