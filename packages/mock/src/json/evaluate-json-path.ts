import { accepts } from "./evaluate-json-path-filter.ts";
import { callFunction } from "./json-path-function.ts";
import { isDefinitePath, isDefiniteStep, type PathStep, type PathTree, type PropertyStep } from "./json-path-tree.ts";
import { noArrayWords, noFilterWords, noObjectWords, pathText, placeText } from "./json-path-words.ts";
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

/** What evaluations of one document share: the document that `$` means, how they read it, and the work that is left. */
export class Evaluation {
  readonly document: JsonValue;
  /** A last property that is missing is found as null. */
  readonly missingLeafIsNull: boolean;
  #visitsLeft = MAX_VISITS;

  constructor(document: JsonValue, missingLeafIsNull = false) {
    this.document = document;
    this.missingLeafIsNull = missingLeafIsNull;
  }

  visit(): void {
    if (--this.#visitsLeft < 0) throw new EvaluationRefusal("failed", `the path visits more than ${MAX_VISITS} nodes`);
  }
}

/** The value of a definite path, or the list of all values. Throws EvaluationRefusal. `requireProperties` is how existence is checked. */
export function evaluatePath(path: PathTree, item: JsonValue, evaluation: Evaluation, requireProperties = false): Found {
  const walk = new Walk(path, evaluation, requireProperties);
  walk.from(0, item, undefined);
  if (!isDefinitePath(path)) return walk.results as JsonValue[];
  const last = walk.results.at(-1);
  if (last === undefined) throw new EvaluationRefusal("missing", "nothing is found at the path");
  return last;
}

/** Keys and indexes from the root to a value. */
export type JsonPlace = readonly (string | number)[];

/** Where the values of a path are, in the order found; those that functions make are nowhere. Throws EvaluationRefusal. */
export function locatePath(path: PathTree, evaluation: Evaluation): readonly JsonPlace[] {
  const walk = new Walk(path, evaluation, false, []);
  walk.from(0, evaluation.document, ROOT);
  return walk.places ?? [];
}

/** Why the path finds nothing, in Jayway's words; undefined when it finds something. */
export function explainPath(path: PathTree, evaluation: Evaluation): string | undefined {
  const walk = new Walk(path, evaluation, false, []);
  try {
    walk.from(0, evaluation.document, ROOT);
  } catch (error) {
    // Jayway begins a place as the path begins.
    if (error instanceof EvaluationRefusal) return error.message.replace(/ path \$/, ` path ${path.root}`);
    throw error;
  }
  return isDefinitePath(path) && walk.results.length === 0 ? `No results for path: ${path.root}${pathText(path.steps)}` : undefined;
}

/** A place, its last step first. */
interface Trail {
  readonly key: string | number | undefined;
  readonly parent: Trail | undefined;
}

const ROOT: Trail = { key: undefined, parent: undefined };

function placeOf(trail: Trail): JsonPlace {
  const place: (string | number)[] = [];
  for (let at: Trail | undefined = trail; at?.key !== undefined; at = at.parent) place.push(at.key);
  return place.reverse();
}

/** One way through a path. Results are collected in the order in which they are found. */
class Walk {
  readonly results: Found[] = [];
  /** Where the results are, when that is asked for. */
  readonly places: JsonPlace[] | undefined;
  readonly #steps: readonly PathStep[];
  readonly #evaluation: Evaluation;
  readonly #requireProperties: boolean;
  /** Whether all steps before each are definite: then what is missing is an error. */
  readonly #definiteBefore: readonly boolean[];
  /** Of a step behind `..[…]`: the last index seen there. It decides which results count, as it does in Jayway. */
  readonly #scannedIndex = new Map<number, number>();

  constructor(path: PathTree, evaluation: Evaluation, requireProperties: boolean, places?: JsonPlace[]) {
    this.places = places;
    this.#steps = path.steps;
    this.#evaluation = evaluation;
    this.#requireProperties = requireProperties;
    this.#definiteBefore = path.steps.map((_, i) => path.steps.slice(0, i).every((step) => isDefiniteStep(step, false)));
  }

  /** `trail` leads to the model; undefined when places are not asked for. */
  from(at: number, model: Found, trail: Trail | undefined): void {
    this.#evaluation.visit();
    const step = this.#steps[at];
    if (!step) {
      this.#add(model, trail);
      return;
    }
    switch (step.kind) {
      case "property":
        this.#property(at, step, model, trail);
        break;
      case "index":
        this.#indexes(at, step.indexes, model, trail);
        break;
      case "slice":
        this.#slice(at, step, model, trail);
        break;
      case "wildcard":
        this.#wildcard(at, model, trail);
        break;
      case "scan":
        this.#scan(at + 1, model, trail);
        break;
      case "filter":
        this.#filter(at, step, model, trail);
        break;
      case "function": {
        const result = callFunction(step, model, this.#evaluation);
        this.results.push(result);
        if (!this.#isLeaf(at)) this.from(at + 1, result, undefined);
      }
    }
  }

  #add(value: Found, trail: Trail | undefined): void {
    this.results.push(value);
    if (trail) this.places?.push(placeOf(trail));
  }

  #isLeaf(at: number): boolean {
    return at === this.#steps.length - 1;
  }

  #property(at: number, step: PropertyStep, model: Found, trail: Trail | undefined): void {
    const { names } = step;
    if (!isObject(model)) {
      if (this.#definiteBefore[at])
        throw new EvaluationRefusal("missing", trail ? noObjectWords(step, placeOf(trail), model) : "there is no object");
      return;
    }
    if (names.length > 1 && this.#isLeaf(at)) this.#merge(names, model, trail);
    else for (const name of names) this.#child(at, name, model, { trail, definite: names.length === 1 });
  }

  #child(at: number, name: string, model: JsonObjectValue, { trail, definite }: { trail: Trail | undefined; definite: boolean }): void {
    const isLeaf = this.#isLeaf(at);
    const own = valueAt(model, name);
    const value = own === undefined && isLeaf && this.#missingLeafIsNull ? null : own;
    if (value !== undefined) {
      if (!isLeaf) this.from(at + 1, value, below(trail, name));
      else if (this.#counts(at)) this.#add(value, below(trail, name));
      return;
    }
    const required = !isLeaf && this.#definiteBefore[at] === true && definite;
    if (!required && !this.#requireProperties) return;
    const place = trail && placeText(placeOf({ key: name, parent: trail }));
    throw new EvaluationRefusal("missing", place ? `Missing property in path ${place}` : `there is no ${name}`);
  }

  get #missingLeafIsNull(): boolean {
    return this.#evaluation.missingLeafIsNull && !this.#requireProperties;
  }

  /** Behind `..[…]` only results at the index that stands there do. */
  #counts(at: number): boolean {
    const index = this.#scannedIndex.get(at);
    if (index === undefined) return true;
    const before = this.#steps[this.#steps.length - 2];
    return before?.kind === "index" && before.indexes.length === 1 && before.indexes[0] === index;
  }

  #merge(names: readonly string[], model: JsonObjectValue, trail: Trail | undefined): void {
    const merged: JsonObjectValue = {};
    const present = this.#missingLeafIsNull ? names : names.filter((name) => valueAt(model, name) !== undefined);
    if (this.#requireProperties && present.length < names.length)
      throw new EvaluationRefusal("missing", `not all of ${names.join(", ")} exist`);
    for (const name of present) setKey(merged, name, valueAt(model, name) ?? null);
    rememberOrder(merged, [...new Set(present)]);
    this.results.push(merged);
    if (trail) this.places?.push(...present.map((name) => placeOf({ key: name, parent: trail })));
  }

  #indexes(at: number, indexes: readonly number[], model: Found, trail: Trail | undefined): void {
    if (!this.#isArray(at, model, trail)) return;
    for (const index of indexes) this.#element(at, index, model, trail);
  }

  #slice(at: number, step: PathStep & { kind: "slice" }, model: Found, trail: Trail | undefined): void {
    if (!this.#isArray(at, model, trail)) return;
    const length = model.length;
    let { from, to } = step;
    // Only a lone end counts from the back: between two, a negative start does so one by one, below.
    if (to === undefined) from = Math.max(0, (from ?? 0) < 0 ? length + (from ?? 0) : (from ?? 0));
    else if (from === undefined && to < 0) to = length + to;
    for (let i = from ?? 0; i < Math.min(length, to ?? length); i++) this.#element(at, i, model, trail);
  }

  #isArray(at: number, model: Found, trail: Trail | undefined): model is JsonValue[] {
    if (Array.isArray(model)) return true;
    if (this.#definiteBefore[at]) {
      throw new EvaluationRefusal("missing", trail ? noArrayWords(this.#steps.slice(at), placeOf(trail), model) : "there is no array");
    }
    return false;
  }

  #element(at: number, index: number, model: JsonValue[], trail: Trail | undefined): void {
    this.#evaluation.visit();
    const position = index < 0 ? model.length + index : index;
    const value = model[position];
    if (value === undefined) return;
    try {
      this.from(at + 1, value, below(trail, position));
    } catch (error) {
      if (!(error instanceof EvaluationRefusal) || error.kind !== "out-of-bounds") throw error;
    }
  }

  #wildcard(at: number, model: Found, trail: Trail | undefined): void {
    if (isObject(model)) {
      for (const key of keysOf(model)) this.#child(at, key, model, { trail, definite: true });
    } else if (Array.isArray(model)) {
      for (let i = 0; i < model.length; i++) this.#tolerantElement(at, i, model, trail);
    }
  }

  #tolerantElement(at: number, index: number, model: JsonValue[], trail: Trail | undefined): void {
    try {
      this.#element(at, index, model, trail);
    } catch (error) {
      if (this.#requireProperties || !(error instanceof EvaluationRefusal) || error.kind !== "missing") throw error;
    }
  }

  /** Everything below a model, the model first. `at` is the step behind `..`. */
  #scan(at: number, model: Found, trail: Trail | undefined): void {
    this.#evaluation.visit();
    const target = this.#steps[at];
    if (isObject(model)) {
      if (target && this.#isTarget(at, target, model)) this.from(at, model, trail);
      for (const key of keysOf(model)) this.#scan(at, valueAt(model, key) ?? null, below(trail, key));
    } else if (Array.isArray(model)) {
      if (target && this.#isTarget(at, target, model)) this.#scannedArray(at, model, trail);
      for (const [index, item] of model.entries()) this.#scan(at, item, below(trail, index));
    }
  }

  /** A path that goes on behind `..[…]` looks at every element, whatever stands in the brackets; see `#counts`. */
  #scannedArray(at: number, model: JsonValue[], trail: Trail | undefined): void {
    if (this.#isLeaf(at)) {
      this.from(at, model, trail);
      return;
    }
    for (const [index, item] of model.entries()) {
      this.#scannedIndex.set(at + 1, index);
      this.from(at + 1, item, below(trail, index));
    }
  }

  #isTarget(at: number, target: PathStep, model: JsonObjectValue | JsonValue[]): boolean {
    switch (target.kind) {
      case "property":
        if (Array.isArray(model)) return false;
        if (this.#isLeaf(at) && this.#missingLeafIsNull) return true;
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

  #filter(at: number, step: PathStep & { kind: "filter" }, model: Found, trail: Trail | undefined): void {
    if (isObject(model)) {
      if (accepts(step.filter, model, this.#evaluation)) this.from(at + 1, model, trail);
    } else if (Array.isArray(model)) {
      for (const [index, item] of model.entries()) if (accepts(step.filter, item, this.#evaluation)) this.#element(at, index, model, trail);
    } else if (this.#definiteBefore[at]) {
      throw new EvaluationRefusal(
        "invalid",
        trail ? noFilterWords(this.#steps.slice(at), model) : "a filter applies to objects and arrays",
      );
    }
  }
}

function below(trail: Trail | undefined, key: string | number): Trail | undefined {
  return trail && { key, parent: trail };
}

function isObject(model: Found): model is JsonObjectValue {
  return isJsonObject(model) && !(model instanceof KeySet);
}
