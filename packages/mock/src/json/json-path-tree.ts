import type { SafeRegex } from "../regex/safe-regex.ts";
import type { JsonValue } from "./json-value.ts";

/** A JSONPath after parsing. */
export interface PathTree {
  /** `@` is the item a filter looks at, `$` the document. */
  readonly root: "$" | "@";
  readonly steps: readonly PathStep[];
}

/** Several names: one object of those that exist at the end of a path, each in turn before it. */
export interface PropertyStep {
  readonly kind: "property";
  readonly names: readonly string[];
  /** Around the names; a single one when absent. */
  readonly quote?: '"';
}

export type PathStep =
  | PropertyStep
  | { readonly kind: "index"; readonly indexes: readonly number[] }
  | { readonly kind: "slice"; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: "wildcard" }
  /** `..`: what follows, at any depth. */
  | { readonly kind: "scan" }
  | { readonly kind: "filter"; readonly filter: Filter }
  | { readonly kind: "function"; readonly name: string; readonly parameters: readonly Parameter[] };

/** A parameter of a function: a path into the document, or JSON that is parsed when it is used. */
export type Parameter = { readonly kind: "path"; readonly path: PathTree } | { readonly kind: "json"; readonly text: string };

export type Filter =
  | { readonly kind: "and" | "or"; readonly operands: readonly Filter[] }
  | { readonly kind: "not"; readonly operand: Filter }
  | { readonly kind: "exists"; readonly path: PathTree; readonly wanted: boolean }
  | { readonly kind: "relation"; readonly left: Operand; readonly operator: Operator; readonly right: Operand };

export const OPERATORS = [
  "==",
  "===",
  "!=",
  "!==",
  "<",
  "<=",
  ">",
  ">=",
  "=~",
  "IN",
  "NIN",
  "CONTAINS",
  "ALL",
  "SIZE",
  "TYPE",
  "MATCHES",
  "EMPTY",
  "SUBSETOF",
  "ANYOF",
  "NONEOF",
  "EXISTS",
] as const;

export type Operator = (typeof OPERATORS)[number];

export type Operand =
  | { readonly kind: "path"; readonly path: PathTree }
  | { readonly kind: "literal"; readonly value: string | boolean | null }
  | { readonly kind: "number"; readonly text: string }
  /** A list or object in the filter. As in Jayway it is text until something needs its members. */
  | { readonly kind: "json"; readonly text: string; readonly value: JsonValue | undefined }
  | { readonly kind: "regex"; readonly regex: SafeRegex };

/** Whether a step finds one value at most. Several names at the end of a path are merged into one. */
export function isDefiniteStep(step: PathStep, isLast: boolean): boolean {
  switch (step.kind) {
    case "property":
      return step.names.length === 1 || isLast;
    case "index":
      return step.indexes.length === 1;
    case "function":
      return true;
    default:
      return false;
  }
}

export function isDefinitePath(path: PathTree): boolean {
  return path.steps.every((step, i) => isDefiniteStep(step, i === path.steps.length - 1));
}
