import { type Evaluation, EvaluationRefusal, evaluatePath, type Found, KeySet } from "./evaluate-json-path.ts";
import { javaText } from "./java-text.ts";
import { javaDoubleText } from "./json-number-text.ts";
import { isDefinitePath, type Parameter, type PathStep, type PathTree } from "./json-path-tree.ts";
import { isJsonNumber, isJsonObject, JsonNumber, type JsonValue, keysOf } from "./json-value.ts";
import { parseSmartJson } from "./parse-smart-json.ts";

type FunctionStep = PathStep & { kind: "function" };

/** Jayway's functions, with its peculiarities: `max` of negative numbers is the smallest positive double, `last` refuses a list of one. */
export function callFunction(step: FunctionStep, model: Found, evaluation: Evaluation): Found {
  switch (step.name) {
    case "length":
    case "size":
      return length(step, model, evaluation);
    case "keys":
      return isJsonObject(model) ? new KeySet(keysOf(model)) : null;
    case "sum":
      return double(numbers(step, model, evaluation).reduce((sum, each) => sum + each, 0));
    case "avg": {
      const all = numbers(step, model, evaluation);
      return double(all.reduce((sum, each) => sum + each, 0) / all.length);
    }
    case "min":
      return double(numbers(step, model, evaluation).reduce((least, each) => (each < least ? each : least), Number.MAX_VALUE));
    case "max":
      return double(numbers(step, model, evaluation).reduce((most, each) => (each > most ? each : most), Number.MIN_VALUE));
    case "stddev":
      return double(deviation(numbers(step, model, evaluation)));
    case "concat":
      return strings(model, step, evaluation).join("");
    case "append":
      return Array.isArray(model) ? [...model, ...argumentsOf(step, evaluation).map(asJson)] : model;
    case "first":
      return element(model, 0);
    case "last":
      return element(model, -1);
    case "index":
      return element(model, indexArgument(step, evaluation));
    default:
      throw new EvaluationRefusal("invalid", `there is no function ${step.name}`);
  }
}

function length(step: FunctionStep, model: Found, evaluation: Evaluation): Found {
  const parameter = step.parameters[0];
  if (parameter) {
    if (parameter.kind === "json") throw new EvaluationRefusal("failed", "length takes a path");
    const counted = lastOrAll(parameter.path, asJson(model), evaluation);
    if (Array.isArray(counted)) return counted.length;
  }
  if (Array.isArray(model)) return model.length;
  return isJsonObject(model) ? keysOf(model).length : null;
}

/**
 * The length of a path is the number of children of what it finds; of a definite path Jayway looks at the last child only, and then
 * counts what that holds.
 */
function lastOrAll(path: PathTree, model: JsonValue, evaluation: Evaluation): Found {
  const isCall = path.steps.at(-1)?.kind === "function";
  if (isCall || path.steps.length === 0) return evaluatePath(path, model, evaluation);
  evaluatePath(path, evaluation.document, evaluation);
  const children = evaluatePath({ ...path, steps: [...path.steps, { kind: "wildcard" }] }, model, evaluation);
  if (!isDefinitePath(path) || !Array.isArray(children)) return children;
  const last = children.at(-1);
  if (last === undefined) throw new EvaluationRefusal("missing", "the path of length finds nothing");
  return last;
}

function argumentsOf(step: FunctionStep, evaluation: Evaluation): Found[] {
  return step.parameters.map((parameter) => argument(parameter, evaluation));
}

function argument(parameter: Parameter, evaluation: Evaluation): Found {
  if (parameter.kind === "path") return evaluatePath(parameter.path, evaluation.document, evaluation);
  const parsed = parseSmartJson(parameter.text);
  if (!parsed.ok) throw new EvaluationRefusal("failed", `an argument is not JSON: ${parsed.message}`);
  return parsed.value;
}

/** Those of the model and of the arguments, lists spread. */
function numbers(step: FunctionStep, model: Found, evaluation: Evaluation): number[] {
  const candidates = [...(Array.isArray(model) ? model : []), ...argumentsOf(step, evaluation).flat()];
  const found = candidates.filter(isJsonNumber).map(Number);
  if (found.length === 0) throw new EvaluationRefusal("failed", "Aggregation function attempted to calculate value using empty array");
  return found;
}

function strings(model: Found, step: FunctionStep, evaluation: Evaluation): string[] {
  const own = Array.isArray(model) ? model.filter((item) => typeof item === "string") : [];
  const given = argumentsOf(step, evaluation).flat();
  return [...own, ...given.filter((value) => value !== null).map(javaText)];
}

function element(model: Found, index: number): Found {
  if (!Array.isArray(model)) throw new EvaluationRefusal("failed", "Aggregation function attempted to calculate value using empty array");
  const at = index >= 0 ? index : model.length + index;
  if (index < 0 && at <= 0) throw new EvaluationRefusal("failed", `Target index:${index} larger than object count:${model.length}`);
  const value = model[at];
  if (value === undefined) throw new EvaluationRefusal("out-of-bounds", `index ${index} is beyond ${model.length} elements`);
  return value;
}

function indexArgument(step: FunctionStep, evaluation: Evaluation): number {
  const first = argumentsOf(step, evaluation).flat().find(isJsonNumber);
  if (first === undefined) throw new EvaluationRefusal("out-of-bounds", "index takes a number");
  return Math.trunc(Number(first));
}

function deviation(all: readonly number[]): number {
  const sum = all.reduce((total, each) => total + each, 0);
  const squares = all.reduce((total, each) => total + each * each, 0);
  return Math.sqrt(squares / all.length - (sum * sum) / all.length / all.length);
}

/** A result of arithmetic is a double of Java, which prints 6 as 6.0. */
function double(value: number): JsonValue {
  return Number.isFinite(value) ? new JsonNumber(javaDoubleText(value), true) : value;
}

function asJson(value: Found): JsonValue {
  return value instanceof KeySet ? [...value.keys] : value;
}
