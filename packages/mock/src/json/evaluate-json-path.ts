import { accepts } from "./evaluate-json-path-filter.ts";
import { callFunction } from "./json-path-function.ts";
import { isDefinitePath, isDefiniteStep, type PathStep, type PathTree } from "./json-path-tree.ts";
import { isJsonObject, type JsonObjectValue, type JsonValue, keysOf, rememberOrder, setKey, valueAt } from "./json-value.ts";

/** Nodes one evaluation may visit: a few seconds' work. `$..*..*..*` on a large document would visit its cube. */
const MAX_VISITS = 3_000_000;

/** What functions and paths make besides JSON: the names of an object. Java prints a set as `[a, b]`. */
export class KeySet {
  readonly keys: readonly string[];

  constructor(keys: readonly string[]) {
    this.keys = keys;
  }

  toString(): string {
    return `[${this.keys.join(", ")}]`;
  }
}

export type Found = JsonValue | KeySet;

/** A refusal during evaluation. Within a filter the first two mean that an item is not accepted; the others end everything. */
export class EvaluationRefusal extends Error {
  readonly kind: "missing" | "invalid" | "failed" | "out-of-bounds";

  constructor(kind: EvaluationRefusal["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What evaluations of one document share: the document that `$` means, and the work that is left. */
export class Evaluation {
  readonly document: JsonValue;
  #visitsLeft = MAX_VISITS;

  constructor(document: JsonValue) {
    this.document = document;
  }

  visit(): void {
    if (--this.#visitsLeft < 0) throw new EvaluationRefusal("failed", `the path visits more than ${MAX_VISITS} nodes`);
  }
}

/** The value of a definite path, or the list of all values. Throws EvaluationRefusal. `requireProperties` is how existence is checked. */
export function evaluatePath(path: PathTree, item: JsonValue, evaluation: Evaluation, requireProperties = false): Found {
  const walk = new Walk(path, evaluation, requireProperties);
  walk.from(0, item);
  if (!isDefinitePath(path)) return walk.results as JsonValue[];
  const last = walk.results.at(-1);
  if (last === undefined) throw new EvaluationRefusal("missing", "nothing is found at the path");
  return last;
}

/** One way through a path. Results are collected in the order in which they are found. */
class Walk {
  readonly results: Found[] = [];
  readonly #steps: readonly PathStep[];
  readonly #evaluation: Evaluation;
  readonly #requireProperties: boolean;
  /** Whether all steps before each are definite: then what is missing is an error. */
  readonly #definiteBefore: readonly boolean[];
  /** Of a step behind `..[…]`: the last index seen there. It decides which results count, as it does in Jayway. */
  readonly #scannedIndex = new Map<number, number>();

  constructor(path: PathTree, evaluation: Evaluation, requireProperties: boolean) {
    this.#steps = path.steps;
    this.#evaluation = evaluation;
    this.#requireProperties = requireProperties;
    this.#definiteBefore = path.steps.map((_, i) => path.steps.slice(0, i).every((step) => isDefiniteStep(step, false)));
  }

  from(at: number, model: Found): void {
    this.#evaluation.visit();
    const step = this.#steps[at];
    if (!step) {
      this.results.push(model);
      return;
    }
    switch (step.kind) {
      case "property":
        this.#property(at, step.names, model);
        break;
      case "index":
        this.#indexes(at, step.indexes, model);
        break;
      case "slice":
        this.#slice(at, step, model);
        break;
      case "wildcard":
        this.#wildcard(at, model);
        break;
      case "scan":
        this.#scan(at + 1, model);
        break;
      case "filter":
        this.#filter(at, step, model);
        break;
      case "function": {
        const result = callFunction(step, model, this.#evaluation);
        this.results.push(result);
        if (!this.#isLeaf(at)) this.from(at + 1, result);
      }
    }
  }

  #isLeaf(at: number): boolean {
    return at === this.#steps.length - 1;
  }

  #property(at: number, names: readonly string[], model: Found): void {
    if (!isObject(model)) {
      if (this.#definiteBefore[at]) throw new EvaluationRefusal("missing", `there is no object with ${names.join(", ")}`);
      return;
    }
    if (names.length > 1 && this.#isLeaf(at)) this.#merge(names, model);
    else for (const name of names) this.#child(at, name, model, names.length === 1);
  }

  #child(at: number, name: string, model: JsonObjectValue, definite: boolean): void {
    const value = valueAt(model, name);
    if (value !== undefined) {
      if (!this.#isLeaf(at)) this.from(at + 1, value);
      else if (this.#counts(at)) this.results.push(value);
      return;
    }
    const required = this.#isLeaf(at) ? false : this.#definiteBefore[at] === true && definite;
    if (required || this.#requireProperties) throw new EvaluationRefusal("missing", `there is no ${name}`);
  }

  /** Behind `..[…]` only results at the index that stands there do. */
  #counts(at: number): boolean {
    const index = this.#scannedIndex.get(at);
    if (index === undefined) return true;
    const before = this.#steps[this.#steps.length - 2];
    return before?.kind === "index" && before.indexes.length === 1 && before.indexes[0] === index;
  }

  #merge(names: readonly string[], model: JsonObjectValue): void {
    const merged: JsonObjectValue = {};
    const present = names.filter((name) => valueAt(model, name) !== undefined);
    if (this.#requireProperties && present.length < names.length)
      throw new EvaluationRefusal("missing", `not all of ${names.join(", ")} exist`);
    for (const name of present) setKey(merged, name, valueAt(model, name) ?? null);
    rememberOrder(merged, [...new Set(present)]);
    this.results.push(merged);
  }

  #indexes(at: number, indexes: readonly number[], model: Found): void {
    if (!this.#isArray(at, model)) return;
    for (const index of indexes) this.#element(at, index, model);
  }

  #slice(at: number, step: PathStep & { kind: "slice" }, model: Found): void {
    if (!this.#isArray(at, model)) return;
    const length = model.length;
    let { from, to } = step;
    // Only a lone end counts from the back: between two, a negative start does so one by one, below.
    if (to === undefined) from = Math.max(0, (from ?? 0) < 0 ? length + (from ?? 0) : (from ?? 0));
    else if (from === undefined && to < 0) to = length + to;
    for (let i = from ?? 0; i < Math.min(length, to ?? length); i++) this.#element(at, i, model);
  }

  #isArray(at: number, model: Found): model is JsonValue[] {
    if (Array.isArray(model)) return true;
    if (this.#definiteBefore[at]) throw new EvaluationRefusal("missing", "there is no array");
    return false;
  }

  #element(at: number, index: number, model: JsonValue[]): void {
    this.#evaluation.visit();
    const value = model[index < 0 ? model.length + index : index];
    if (value === undefined) return;
    try {
      this.from(at + 1, value);
    } catch (error) {
      if (!(error instanceof EvaluationRefusal) || error.kind !== "out-of-bounds") throw error;
    }
  }

  #wildcard(at: number, model: Found): void {
    if (isObject(model)) {
      for (const key of keysOf(model)) this.#child(at, key, model, true);
    } else if (Array.isArray(model)) {
      for (let i = 0; i < model.length; i++) this.#tolerantElement(at, i, model);
    }
  }

  #tolerantElement(at: number, index: number, model: JsonValue[]): void {
    try {
      this.#element(at, index, model);
    } catch (error) {
      if (this.#requireProperties || !(error instanceof EvaluationRefusal) || error.kind !== "missing") throw error;
    }
  }

  /** Everything below a model, the model first. `at` is the step behind `..`. */
  #scan(at: number, model: Found): void {
    this.#evaluation.visit();
    const target = this.#steps[at];
    if (isObject(model)) {
      if (target && this.#isTarget(at, target, model)) this.from(at, model);
      for (const key of keysOf(model)) this.#scan(at, valueAt(model, key) ?? null);
    } else if (Array.isArray(model)) {
      if (target && this.#isTarget(at, target, model)) this.#scannedArray(at, model);
      for (const item of model) this.#scan(at, item);
    }
  }

  /** A path that goes on behind `..[…]` looks at every element, whatever stands in the brackets; see `#counts`. */
  #scannedArray(at: number, model: JsonValue[]): void {
    if (this.#isLeaf(at)) {
      this.from(at, model);
      return;
    }
    for (const [index, item] of model.entries()) {
      this.#scannedIndex.set(at + 1, index);
      this.from(at + 1, item);
    }
  }

  #isTarget(at: number, target: PathStep, model: JsonObjectValue | JsonValue[]): boolean {
    switch (target.kind) {
      case "property":
        if (Array.isArray(model)) return false;
        return !isDefiniteStep(target, this.#isLeaf(at)) || target.names.every((name) => valueAt(model, name) !== undefined);
      case "index":
      case "slice":
        return Array.isArray(model);
      case "wildcard":
        return true;
      case "filter":
        return accepts(target.filter, model, this.#evaluation);
      default:
        return false;
    }
  }

  #filter(at: number, step: PathStep & { kind: "filter" }, model: Found): void {
    if (isObject(model)) {
      if (accepts(step.filter, model, this.#evaluation)) this.from(at + 1, model);
    } else if (Array.isArray(model)) {
      for (const [index, item] of model.entries()) if (accepts(step.filter, item, this.#evaluation)) this.#element(at, index, model);
    } else if (this.#definiteBefore[at]) {
      throw new EvaluationRefusal("invalid", "a filter applies to objects and arrays");
    }
  }
}

function isObject(model: Found): model is JsonObjectValue {
  return isJsonObject(model) && !(model instanceof KeySet);
}
