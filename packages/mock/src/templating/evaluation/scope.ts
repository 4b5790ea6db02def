import { isLocal, type Path, type PathStep, stepText } from "../language/path.ts";
import { ListValue, MapValue, type Value } from "../values/value.ts";
import { memberOf } from "./member-of.ts";

/**
 * Where names are looked up, as Handlebars.java's Context does it. Each scope has a model (`this`), locals (`@index`) and the
 * variables all scopes of a rendering share (`assign`); a name not found in one scope is looked for in the next outer one. A path
 * whose first step is found but not its rest is null there and not looked for further out.
 */
export type ScopeKind =
  | "plain"
  /** Holds block parameters (`as |x|`); `this` stays the parent's. */
  | "blockParams"
  /** Within block parameters: what the parent knows comes first. */
  | "parentFirst"
  /** Of a partial: its hash comes first. */
  | "partial";

export type Variables = Map<string, Value>;

/** Found, and null: outer scopes are not asked. */
const FOUND_NULL = Symbol("found null");
type Found = Value | typeof FOUND_NULL;

export class Scope {
  readonly kind: ScopeKind;
  readonly model: Value;
  readonly parent: Scope | undefined;
  readonly variables: Variables;
  readonly #locals: MapValue;

  private constructor(kind: ScopeKind, model: Value, locals: ReadonlyMap<string, Value>, parent: Scope | undefined, variables: Variables) {
    this.kind = kind;
    this.model = model;
    this.parent = parent;
    this.variables = variables;
    this.#locals = new MapValue(locals);
  }

  static root(model: Value): Scope {
    return new Scope("plain", model, NOTHING, undefined, new Map([["root", model]]));
  }

  child(model: Value, locals: ReadonlyMap<string, Value> = NOTHING): Scope {
    return new Scope(
      this.kind === "blockParams" || this.kind === "parentFirst" ? "parentFirst" : "plain",
      model,
      locals,
      this,
      this.variables,
    );
  }

  withBlockParams(names: readonly string[], values: readonly Value[]): Scope {
    const named = new Map(names.slice(0, values.length).map((name, at) => [name, values[at] ?? null]));
    return new Scope("blockParams", new MapValue(named), NOTHING, this, this.variables);
  }

  forPartial(model: Value, hash: ReadonlyMap<string, Value>): Scope {
    return new Scope("partial", model, hash, this, this.variables);
  }

  get({ steps }: Path): Value {
    return this.#get(steps);
  }

  #get(steps: readonly PathStep[]): Value {
    const [head] = steps;
    if (!head) return null;
    const key = stepText(head);
    switch (this.kind) {
      case "blockParams":
        if (steps.length === 1 && key === "this") return this.parent?.model ?? null;
        if (key.startsWith(".") && steps.length > 1) return this.parent === undefined ? null : this.parent.#get(steps.slice(1));
        return this.#lookUp(steps, head);
      case "parentFirst":
        return (this.parent === undefined ? null : this.parent.#get(steps)) ?? this.#lookUp(steps, head);
      case "partial": {
        if (key === "this") return this.#lookUp(steps, head);
        const own = this.#walkFrom(steps, this.#locals, undefined);
        return own !== null && own !== FOUND_NULL ? own : this.#lookUp(steps, head);
      }
      default:
        return this.#lookUp(steps, head);
    }
  }

  #lookUp(steps: readonly PathStep[], head: PathStep): Value {
    let found: Found;
    if (isLocal(head)) {
      found = walk(steps, this.model, this);
      if (found === null && head.kind !== "this" && head.kind !== "thisAlone") found = this.#walkFrom(steps, this.#locals, undefined);
    } else {
      found = null;
      for (let scope: Scope | undefined = this; scope && found === null; scope = scope.parent) {
        found = scope.#walkFrom(steps, scope.model, scope);
        found ??= scope.#walkFrom(steps, scope.#locals, undefined);
        found ??= scope.#walkFrom(steps, new MapValue(scope.variables), scope);
      }
    }
    return found === FOUND_NULL ? null : found;
  }

  /** Null only when already the first step found nothing. */
  #walkFrom(steps: readonly PathStep[], data: Value, scope: Scope | undefined): Found {
    return data === null ? null : walk(steps, data, scope);
  }

  /** `../x`: what the scope around knows of the rest. */
  getRest(steps: readonly PathStep[]): Value {
    return this.#get(steps);
  }
}

const NOTHING: ReadonlyMap<string, Value> = new Map();

function walk(steps: readonly PathStep[], start: Value, scope: Scope | undefined): Found {
  let data: Found = start;
  for (const [at, step] of steps.entries()) {
    if (data === null) return at > 1 ? FOUND_NULL : null;
    switch (step.kind) {
      case "this":
        break;
      case "thisAlone":
        return data;
      case "parent":
        return scope?.parent ? scope.parent.getRest(steps.slice(at + 1)) : null;
      case "parentAlone":
        return scope?.parent ? (scope.parent.model ?? data) : null;
      case "data":
        data = member(data, step.name) ?? member(data, step.name.slice(1));
        break;
      case "index":
        data = indexed(data, step);
        break;
      case "property":
        data = member(data, step.name);
        break;
    }
  }
  return data === null && steps.length > 1 ? FOUND_NULL : data;
}

function indexed(data: Found, step: { readonly index: number; readonly name: string }): Found {
  if (!(data instanceof ListValue)) return member(data, step.name);
  // Of several values -1 is the last but one, which is how WireMock counts there.
  const index = data.style === "firstOnly" && step.index < 0 ? data.items.length - 1 + step.index : step.index;
  return data.items[index] ?? null;
}

function member(data: Found, name: string): Found {
  if (data === null || data === FOUND_NULL) return null;
  const value = memberOf(data, name);
  return value === undefined ? null : (value ?? FOUND_NULL);
}
