import type { Value } from "../values/value.ts";
import type { Rendering } from "./rendering.ts";
import type { Scope } from "./scope.ts";

/**
 * A helper. `context` is its first argument, or the model where it is called without any. Null prints nothing. It runs on untrusted
 * input and must ask `call.rendering.budget` before it makes anything whose size its arguments decide.
 */
export type Helper = (context: Value, call: HelperCall) => Value;

export interface HelperCall {
  readonly name: string;
  /** `{{#name}}…{{/name}}`: the body is there to be used. */
  readonly isBlock: boolean;
  readonly scope: Scope;
  /** Arguments after the first. */
  readonly params: readonly Value[];
  readonly hash: ReadonlyMap<string, Value>;
  readonly rendering: Rendering;
  /** The body with another `this`; in the same scope without an argument. */
  body(model?: Value): string;
  inverse(model?: Value): string;
  /** The body in a scope of the helper's making; `values` are for block parameters. */
  bodyIn(scope: Scope, values: readonly Value[]): string;
  /** Gives the body a name, for `block` and partials. */
  namedBody(): NamedBody;
}

/** A body that is rendered later, elsewhere. */
export type NamedBody = (scope: Scope) => string;

export type Helpers = ReadonlyMap<string, Helper>;

/** Text a helper prints instead of failing. */
export function helperError(message: string): string {
  return `[ERROR: ${message}]`;
}
