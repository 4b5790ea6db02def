import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type DocumentNode, isMapping } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import { addBoundedKeywords, addFormats, type StepBudget, TooManySteps } from "./bounded-keywords.ts";
import { compilePattern } from "./ecma-pattern.ts";
import { type Direction, SchemaLowering } from "./lower-schema.ts";
import { nearestErrors } from "./nearest-errors.ts";
import { type SchemaError, toSchemaError } from "./schema-error.ts";
import type { SchemaGraph } from "./schema-graph.ts";

/**
 * Judges values by the schemas of one document. Each schema is compiled when the first value comes, twice at most: one that stops at
 * the first error, and one that tells all, for values that have some. No call throws or runs without bound.
 */
export class SchemaJudge {
  readonly #lowering: SchemaLowering;
  readonly #budget: StepBudget = { left: 0 };
  readonly #first: Ajv2020;
  readonly #all: Ajv2020;
  readonly #named = new Map<string, object>();
  readonly #compiled = { request: new WeakMap<object, Compiled>(), response: new WeakMap<object, Compiled>() };

  constructor(document: OpenApiDocument, graph: SchemaGraph) {
    this.#lowering = new SchemaLowering(document, graph);
    this.#first = makeAjv(this.#budget, false);
    this.#all = makeAjv(this.#budget, true);
  }

  isValid(schema: DocumentNode, direction: Direction, value: unknown): boolean {
    const compiled = this.#compile(schema, direction);
    return !("fault" in compiled) && this.#run(compiled.first, value, smallestBudget) === true;
  }

  /** Everything wrong with a value, at most 100; of alternatives the nearest speaks. */
  errors(schema: DocumentNode, direction: Direction, value: unknown, size = 0): readonly SchemaError[] {
    const compiled = this.#compile(schema, direction);
    if ("fault" in compiled) return [{ path: [], message: compiled.fault, rule: schema }];
    const steps = Math.max(smallestBudget, size);
    const first = this.#run(compiled.first, value, steps);
    if (first === true) return [];
    if (typeof first === "string") return [{ path: [], message: first, rule: schema }];
    const large = size > largestTold;
    const told = large ? (compiled.first.errors ?? []) : this.#tell(compiled.all(), value, steps);
    const context = { origin: (lowered: object) => this.#lowering.origins.get(lowered), fallback: schema };
    const chosen = nearestErrors(told, {
      errors: (branch) => this.#branchErrors(branch, steps),
      named: (id) => this.#named.get(id),
    });
    return chosen.slice(0, mostErrors).map((error) => toSchemaError(error, context));
  }

  #compile(schema: DocumentNode, direction: Direction): Compiled {
    if (!isMapping(schema.value)) return this.#compileNow(schema, direction);
    let compiled = this.#compiled[direction].get(schema.value);
    if (compiled === undefined) {
      compiled = this.#compileNow(schema, direction);
      this.#compiled[direction].set(schema.value, compiled);
    }
    return compiled;
  }

  #compileNow(schema: DocumentNode, direction: Direction): Compiled {
    try {
      const lowered = this.#lowering.lower(schema, direction);
      for (const named of this.#lowering.takeNamed()) {
        this.#named.set(String(named.$id), named);
        this.#first.addSchema(named);
        this.#all.addSchema(named);
      }
      const first = this.#first.compile(lowered);
      let all: ValidateFunction | undefined;
      return { first, all: () => (all ??= this.#all.compile(lowered)) };
    } catch (error) {
      if (error instanceof RangeError) return { fault: "its schema refers to too many others, one after another, to be checked" };
      throw error;
    }
  }

  /** True, false, or why it was given up. */
  #run(validate: ValidateFunction, value: unknown, steps: number): boolean | string {
    this.#budget.left = steps;
    try {
      return validate(value) === true;
    } catch (error) {
      if (error instanceof TooManySteps) return "takes too many steps to be checked: alternatives inside alternatives multiply";
      if (error instanceof RangeError) return "is nested too deeply to be checked";
      throw error;
    }
  }

  #tell(validate: ValidateFunction, value: unknown, steps: number): readonly ErrorObject[] {
    this.#run(validate, value, steps);
    return validate.errors ?? [];
  }

  #branchErrors(branch: { readonly schema: object; readonly value: unknown }, steps: number): readonly ErrorObject[] {
    if (!isMapping(branch.schema)) return [];
    return this.#tell(this.#all.compile(branch.schema), branch.value, steps);
  }
}

type Compiled = { readonly first: ValidateFunction; readonly all: () => ValidateFunction } | { readonly fault: string };

const smallestBudget = 200_000;
/** Of larger values (bytes) only the first error is told: each of a million items may have one. */
const largestTold = 256 * 1024;
const mostErrors = 100;

function makeAjv(budget: StepBudget, allErrors: boolean): Ajv2020 {
  const regExp = (pattern: string) => {
    const { test } = compilePattern(pattern);
    return { test, toString: () => `/${pattern}/` };
  };
  const ajv = new Ajv2020({
    strict: false,
    allErrors,
    verbose: true,
    validateSchema: false,
    addUsedSchema: false,
    inlineRefs: false,
    ownProperties: true,
    // Prices are multiples of 0.01, which no binary number is.
    multipleOfPrecision: 8,
    logger: false,
    // Optimizing takes longer than the checks of a mock ever save.
    code: { optimize: false, process: joinErrors, regExp: Object.assign(regExp, { code: "dojangPattern" }) },
  });
  addFormats(ajv);
  addBoundedKeywords(ajv, budget);
  return ajv;
}

/**
 * For every reference that fails, ajv's code copies all errors told before into a new list: 50,000 wrong items take seconds. Here they
 * are added to the one list, as long as anybody will read them.
 */
function joinErrors(code: string): string {
  return code.replaceAll(/vErrors\.concat\((\w+\.errors)\)/g, `(vErrors.length < ${mostJoined} && vErrors.push(...$1), vErrors)`);
}

const mostJoined = 2_000;
