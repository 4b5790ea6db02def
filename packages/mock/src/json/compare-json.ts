import { sameNumber } from "./decimal.ts";
import { type Expectation, isPlain } from "./json-expectation.ts";
import { jsonSize } from "./json-size.ts";
import { isJsonNumber, isJsonObject, type JsonObjectValue, type JsonValue, keysOf, valueAt } from "./json-value.ts";
import { type Matching, matchByText, matchIgnoringOrder } from "./match-ignoring-order.ts";
import { unorderedText } from "./unordered-text.ts";

export interface ComparisonOptions {
  readonly ignoreArrayOrder: boolean;
  /** Of objects and of arrays. */
  readonly ignoreExtraElements: boolean;
}

export interface JsonComparison {
  readonly similar: boolean;
  /** The differences, each with the weight of the larger of its two values. */
  readonly difference: number;
  /** Why the comparison was given up: it counts as different then. */
  readonly gaveUp: string | undefined;
}

/** Comparisons of two values that one comparison of documents may take: arrays whose order is ignored compare all with all. */
const MAX_COMPARISONS = 5_000_000;

/**
 * Compares as JsonUnit does with WireMock's settings. With `stopAtFirst` the weight of the differences is not asked for, and the
 * first one ends the comparison. Never throws.
 */
export function compareJson(expected: Expectation, actual: JsonValue, options: ComparisonOptions, stopAtFirst: boolean): JsonComparison {
  const budget = { left: MAX_COMPARISONS };
  const comparison = new Comparison(options, stopAtFirst, budget);
  try {
    comparison.compare(expected, actual);
    return { similar: comparison.similar, difference: comparison.difference, gaveUp: undefined };
  } catch (error) {
    if (error instanceof GaveUp) return { similar: false, difference: comparison.difference, gaveUp: error.message };
    throw error;
  }
}

class GaveUp extends Error {}

class Comparison {
  similar = true;
  difference = 0;
  readonly #options: ComparisonOptions;
  readonly #stopAtFirst: boolean;
  readonly #budget: { left: number };

  constructor(options: ComparisonOptions, stopAtFirst: boolean, budget: { left: number }) {
    this.#options = options;
    this.#stopAtFirst = stopAtFirst;
    this.#budget = budget;
  }

  /** The first difference was found, and no other is asked for. */
  get #ended(): boolean {
    return this.#stopAtFirst && !this.similar;
  }

  compare(expected: Expectation, actual: JsonValue): void {
    if (this.#ended) return;
    if (--this.#budget.left < 0) throw new GaveUp(`the comparison takes more than ${MAX_COMPARISONS} steps`);
    switch (expected.kind) {
      case "anything":
        return;
      case "any":
        if (typeName(actual) !== expected.type) this.#differs(expected.value, actual);
        return;
      case "matcher":
        this.#report(0);
        return;
      case "regex":
        if (!this.#matchesRegex(expected, actual)) this.#differs(expected.value, actual);
        return;
      case "scalar":
        if (!sameScalar(expected.value, actual)) this.#differs(expected.value, actual);
        return;
      case "object":
        if (isJsonObject(actual)) this.#compareObjects(expected, actual);
        else this.#differs(expected.value, actual);
        return;
      case "array":
        if (Array.isArray(actual)) this.#compareArrays(expected, actual);
        else this.#differs(expected.value, actual);
    }
  }

  #matchesRegex(expected: Expectation & { kind: "regex" }, actual: JsonValue): boolean {
    if (typeof actual !== "string") return false;
    if (!expected.regex) throw new GaveUp(`not a regular expression: ${expected.problem}`);
    return expected.regex.matches(actual, (message) => {
      throw new GaveUp(`the regular expression ${expected.regex?.source} ${message}`);
    });
  }

  #compareObjects(expected: Expectation & { kind: "object" }, actual: JsonObjectValue): void {
    for (const [key, field] of expected.fields) {
      const isOptional = field.kind === "anything" && field.optional;
      if (valueAt(actual, key) === undefined && !isOptional) this.#differs(field.value, undefined);
    }
    if (!this.#options.ignoreExtraElements) {
      for (const key of keysOf(actual)) if (!expected.fields.has(key)) this.#differs(undefined, valueAt(actual, key));
    }
    for (const [key, field] of expected.fields) {
      if (this.#ended) return;
      const value = valueAt(actual, key);
      if (value !== undefined) this.compare(field, value);
    }
  }

  #compareArrays(expected: Expectation & { kind: "array" }, actual: JsonValue[]): void {
    const { items } = expected;
    const isLengthWrong = this.#options.ignoreExtraElements ? items.length > actual.length : items.length !== actual.length;
    // The wrong length weighs nothing: the elements that are missing or too many do.
    if (isLengthWrong) this.#report(0);
    if (this.#ended) return;
    if (this.#options.ignoreArrayOrder) this.#compareUnordered(items, actual);
    else this.#compareOrdered(items, actual);
  }

  #compareOrdered(items: readonly Expectation[], actual: JsonValue[]): void {
    for (const missing of items.slice(actual.length)) this.#differs(missing.value, undefined);
    if (!this.#options.ignoreExtraElements) for (const extra of actual.slice(items.length)) this.#differs(undefined, extra);
    for (const [i, item] of items.entries()) {
      if (this.#ended) return;
      const value = actual[i];
      if (value !== undefined) this.compare(item, value);
    }
  }

  #compareUnordered(items: readonly Expectation[], actual: JsonValue[]): void {
    const { missing, extra } = this.#pairByText(items, actual) ?? this.#pairByComparison(items, actual);
    const [only] = missing;
    const [other] = extra;
    const lone = only !== undefined && other !== undefined && missing.length === 1 && extra.length === 1 ? items[only] : undefined;
    if (lone && other !== undefined && items.length === actual.length) {
      this.#report(0);
      this.compare(lone, actual[other] ?? null);
      return;
    }
    for (const index of missing) this.#differs(items[index]?.value, undefined);
    if (!this.#options.ignoreExtraElements) for (const index of extra) this.#differs(undefined, actual[index]);
  }

  /** Without placeholders and with all fields compared, elements are alike when their text in a common order is. */
  #pairByText(items: readonly Expectation[], actual: JsonValue[]): Matching | undefined {
    if (this.#options.ignoreExtraElements || !items.every(isPlain)) return undefined;
    return matchByText(
      items.map((item) => unorderedText(item.value)),
      actual.map(unorderedText),
    );
  }

  #pairByComparison(items: readonly Expectation[], actual: JsonValue[]): Matching {
    return matchIgnoringOrder(items.length, actual.length, {
      similar: (expectedIndex, actualIndex) => this.#isSimilar(items[expectedIndex], actual[actualIndex]),
      step: (count) => {
        this.#budget.left -= count;
        if (this.#budget.left < 0) throw new GaveUp(`the comparison takes more than ${MAX_COMPARISONS} steps`);
      },
    });
  }

  #isSimilar(expected: Expectation | undefined, actual: JsonValue | undefined): boolean {
    if (!expected || actual === undefined) return false;
    const inner = new Comparison(this.#options, true, this.#budget);
    inner.compare(expected, actual);
    return inner.similar;
  }

  #differs(expected: JsonValue | undefined, actual: JsonValue | undefined): void {
    this.#report(this.#stopAtFirst ? 0 : Math.max(1, weightOf(expected), weightOf(actual)));
  }

  #report(weight: number): void {
    this.similar = false;
    this.difference += weight;
  }
}

function weightOf(value: JsonValue | undefined): number {
  return value === null ? 0 : jsonSize(value, "skip");
}

function typeName(value: JsonValue): string {
  return isJsonNumber(value) ? "number" : typeof value;
}

function sameScalar(expected: JsonValue, actual: JsonValue): boolean {
  if (isJsonNumber(expected)) return isJsonNumber(actual) && sameNumber(expected, actual);
  return expected === actual;
}
