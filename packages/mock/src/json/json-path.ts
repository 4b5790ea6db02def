/** What a path found: `missing` is Jayway's PathNotFoundException, `failed` every other refusal (a function of text, too much work). */
export type JsonPathResult =
  | { readonly kind: "found"; readonly value: unknown }
  | { readonly kind: "missing" | "failed"; readonly message: string };

/** A compiled JSONPath of Jayway's dialect. Evaluation never throws and visits a bounded number of nodes. */
export interface JsonPath {
  readonly expression: string;
  /** Finds one value at most; an indefinite path finds a list. */
  readonly definite: boolean;
  evaluate(document: unknown): JsonPathResult;
  /** The value, the list of an indefinite path, or undefined when there is none. */
  read(document: unknown): unknown;
  /**
   * Where what it finds is, as keys and indexes from the root (`["a", 0]`; the root itself is `[]`), in the order found; empty when
   * there is nothing. Templates delete by it (Jayway's `DocumentContext.delete`).
   */
  locate(document: unknown): readonly (readonly (string | number)[])[];
}

export interface JsonPathOptions {
  /** Jayway's DEFAULT_PATH_LEAF_TO_NULL, which templates read with: a last property that is missing is found as null. Default false. */
  readonly missingLeafIsNull?: boolean;
}

/** Thrown by `compileJsonPath`; `checkJsonPath` gives its message instead. */
export class JsonPathSyntaxError extends Error {
  override readonly name = "JsonPathSyntaxError";
}

/** Compiles once; keep the result. Throws `JsonPathSyntaxError`. */
export function compileJsonPath(expression: string, _options: JsonPathOptions = {}): JsonPath {
  throw new JsonPathSyntaxError(`not built yet: ${expression}`);
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
