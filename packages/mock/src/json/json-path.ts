import { Evaluation, EvaluationRefusal, evaluatePath, explainPath, type JsonPlace, KeySet, locatePath } from "./evaluate-json-path.ts";
import { JsonPathSyntaxError } from "./json-path-error.ts";
import { isDefinitePath } from "./json-path-tree.ts";
import type { JsonValue } from "./json-value.ts";
import { parseJsonPath } from "./parse-json-path.ts";

/** What a path found: `missing` is Jayway's PathNotFoundException, `failed` every other refusal (sum of no numbers, too much work). */
export type JsonPathResult =
  | { readonly kind: "found"; readonly value: unknown }
  | { readonly kind: "missing" | "failed"; readonly message: string };

/** A compiled JSONPath of Jayway's dialect. Evaluation never throws, changes nothing and visits a bounded number of nodes. */
export interface JsonPath {
  readonly expression: string;
  /** Finds one value at most; an indefinite path finds a list. */
  readonly definite: boolean;
  /**
   * On what `parseSmartJson` or `JSON.parse` made. Values found are those of the document, JsonNumber where a function calculated or
   * JavaScript would print a number differently, KeySet for `keys()`. `javaText` prints them as Java does.
   */
  evaluate(document: unknown): JsonPathResult;
  /** Why it finds nothing, in Jayway's words. Evaluates once more. */
  explain(document: unknown): string | undefined;
  /** The value, the list of an indefinite path, or undefined when there is none. */
  read(document: unknown): unknown;
  /**
   * Where what it finds is, as keys and indexes from the root (`["a", 0]`; the root itself is `[]`), in the order found; empty when
   * there is nothing. Templates delete by it (Jayway's `DocumentContext.delete`).
   */
  locate(document: unknown): readonly JsonPlace[];
}

export interface JsonPathOptions {
  /** Jayway's DEFAULT_PATH_LEAF_TO_NULL, which templates read with: a last property that is missing is found as null. Default false. */
  readonly missingLeafIsNull?: boolean;
}

export type { JsonPlace };
export { JsonPathSyntaxError, KeySet };

/** Compiles once; keep the result. Throws `JsonPathSyntaxError`. */
export function compileJsonPath(expression: string, options: JsonPathOptions = {}): JsonPath {
  const path = parseJsonPath(expression);
  // Documents are JSON by contract; what else JavaScript has is seen as scalars and does no harm.
  const evaluationOf = (document: unknown) => new Evaluation(document as JsonValue, options.missingLeafIsNull === true);
  function evaluate(document: unknown): JsonPathResult {
    const evaluation = evaluationOf(document);
    return refusable(() => ({ kind: "found", value: evaluatePath(path, evaluation.document, evaluation) }));
  }
  return {
    expression,
    definite: isDefinitePath(path),
    evaluate,
    explain(document) {
      const result = refusable(() => ({ kind: "found", value: explainPath(path, evaluationOf(document)) }));
      return result.kind === "found" ? result.value : result.message;
    },
    read(document) {
      const result = evaluate(document);
      return result.kind === "found" ? result.value : undefined;
    },
    locate(document) {
      const result = refusable(() => ({ kind: "found", value: locatePath(path, evaluationOf(document)) }));
      return result.kind === "found" ? result.value : [];
    },
  };
}

type Outcome<Value> = { readonly kind: "found"; readonly value: Value } | { readonly kind: "missing" | "failed"; readonly message: string };

function refusable<Value>(evaluate: () => Outcome<Value>): Outcome<Value> {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof EvaluationRefusal) return { kind: error.kind === "missing" ? "missing" : "failed", message: error.message };
    if (error instanceof RangeError) return { kind: "failed", message: "the document is nested too deep" };
    throw error;
  }
}

/** What is wrong with a path; undefined when nothing is. */
export function checkJsonPath(expression: string): string | undefined {
  try {
    compileJsonPath(expression);
    return undefined;
  } catch (error) {
    if (error instanceof JsonPathSyntaxError) return error.message;
    throw error;
  }
}
