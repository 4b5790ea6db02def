import type { JsonValue } from "../json-value.ts";
import type { Seen } from "./seen.ts";
import type { Place, Validation } from "./validation.ts";

/** One keyword's question about a value. What is wrong goes to the run, what was looked at to `seen`. */
export type Check = (value: JsonValue, place: Place | undefined, run: Validation, seen: Seen | undefined) => void;

/** A compiled schema. References find others only when they are asked, so schemas may go in circles. */
export interface SchemaNode {
  readonly checks: readonly Check[];
  /** The address of the resource it is in. */
  readonly resource: string;
  /** The one type it asks for, where it asks for one; alternatives of other types are not looked into. */
  readonly isOfType: ((value: JsonValue) => boolean) | undefined;
  /** Makes what collects the parts that were looked at; undefined where no `unevaluated…` keyword asks. */
  readonly makeSeen: (() => Seen) | undefined;
}

/** Whether a value is valid; what is wrong stays in the run. `outer` learns what was looked at when the value is the same. */
export function evaluate(node: SchemaNode, value: JsonValue, place: Place | undefined, run: Validation, outer?: Seen): boolean {
  run.enter(node.resource);
  const before = run.count;
  const seen = node.makeSeen?.();
  for (const check of node.checks) check(value, place, run, seen);
  run.leave();
  const isValid = run.count === before;
  if (isValid && seen) outer?.add(seen);
  return isValid;
}

/** Whether a value is valid; nothing stays in the run. */
export function accepts(node: SchemaNode, value: JsonValue, place: Place | undefined, run: Validation, outer?: Seen): boolean {
  const before = run.count;
  const isValid = evaluate(node, value, place, run, outer);
  run.rewind(before);
  return isValid;
}
