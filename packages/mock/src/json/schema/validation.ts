/** The way to a part of a value: its key in what is around it. Undefined for the value itself. */
export interface Place {
  readonly outer: Place | undefined;
  readonly key: string | number;
}

export interface Violation {
  readonly keyword: string;
  readonly message: string;
  readonly place: Place | undefined;
}

/** A value cannot be judged: a reference leads nowhere, or it takes too long. */
export class ValidationRefusal extends Error {
  override readonly name = "ValidationRefusal";
}

/** A schema asked about a part of the value is a step, and so is an expression asked about a name. */
const MAX_STEPS = 20_000_000;
/** Schemas within schemas, by references too. */
const MAX_DEPTH = 2000;
/** Of those are remembered with what they say. The others are counted. */
const MAX_REMEMBERED = 1000;
/** Expressions that run out of time take half a second each. */
const MAX_SLOW_EXPRESSIONS = 4;

/** One value under examination. What is wrong is collected; a schema that may be wrong is undone with `rewind`. */
export class Validation {
  readonly #violations: Violation[] = [];
  /** Of the resources whose schemas are being asked, the innermost last: what dynamic references search. */
  readonly scopes: string[] = [];
  #count = 0;
  #steps = 0;
  #slowExpressions = 0;

  get count(): number {
    return this.#count;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  fail(keyword: string, message: string, place: Place | undefined): void {
    this.#count++;
    if (this.#violations.length < MAX_REMEMBERED) this.#violations.push({ keyword, message, place });
  }

  /** Forgets what was found since there were `count` violations. */
  rewind(count: number): void {
    this.#count = count;
    if (this.#violations.length > count) this.#violations.length = count;
  }

  step(): void {
    if (++this.#steps > MAX_STEPS) throw new ValidationRefusal("the value is too large for the schema");
  }

  enter(resource: string): void {
    this.step();
    if (this.scopes.length >= MAX_DEPTH) throw new ValidationRefusal("schemas refer to each other without end");
    this.scopes.push(resource);
  }

  leave(): void {
    this.scopes.pop();
  }

  readonly outOfTime = (message: string): void => {
    if (++this.#slowExpressions > MAX_SLOW_EXPRESSIONS) throw new ValidationRefusal(`an expression ${message}`);
  };
}

/** As a JSON pointer. */
export function pointerOf(place: Place | undefined): string {
  const keys: string[] = [];
  for (let at = place; at; at = at.outer) keys.push(String(at.key).replaceAll("~", "~0").replaceAll("/", "~1"));
  return keys.reverse().reduce((pointer, key) => `${pointer}/${key}`, "");
}
