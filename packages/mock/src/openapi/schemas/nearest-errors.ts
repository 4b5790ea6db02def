import type { ErrorObject } from "ajv";
import { isMapping } from "../documents/document-node.ts";
import type { ToldError } from "./schema-error.ts";

export interface Branches {
  /** All errors of one alternative. */
  readonly errors: (branch: { readonly schema: object; readonly value: unknown }) => readonly ErrorObject[];
  /** The schema with an id. */
  readonly named: (id: string) => object | undefined;
}

const deepestChoice = 4;
const mostBranches = 20;
const mostErrors = 2_000;
const mostChoices = 50;

/**
 * Of alternatives that all fail, ajv tells the errors of every one. A reader wants to know that none fits, and what is missing of the
 * one that fits best: the errors of that branch take the place of all of them.
 */
export function nearestErrors(all: readonly ErrorObject[], branches: Branches, depth = 0): readonly ToldError[] {
  const errors = all.slice(0, mostErrors);
  const choices = errors.filter((error) => isChoice(error)).slice(0, mostChoices);
  const reach = new Map<unknown, ReadonlySet<object>>();
  for (const choice of choices) {
    if (!reach.has(choice.parentSchema)) reach.set(choice.parentSchema, schemasBelow(choice, branches));
  }
  const below = choices.map((choice) => ({ choice, schemas: reach.get(choice.parentSchema) ?? new Set() }));
  const told: ToldError[] = [];
  for (const error of errors) {
    if (error.keyword === "if") continue;
    const inside = below.some(
      ({ choice, schemas }) =>
        choice !== error &&
        isWithin(error.instancePath, choice.instancePath) &&
        isMapping(error.parentSchema) &&
        schemas.has(error.parentSchema),
    );
    if (inside) continue;
    if (isChoice(error)) told.push(...tellChoice(error, branches, depth));
    else told.push(error);
  }
  return told;
}

function isChoice({ keyword }: ErrorObject): boolean {
  return keyword === "oneOf" || keyword === "anyOf";
}

function isWithin(path: string, around: string): boolean {
  return path === around || path.startsWith(`${around}/`);
}

function branchesOf({ keyword, parentSchema }: ErrorObject): readonly object[] {
  const listed: unknown = parentSchema?.[keyword];
  return Array.isArray(listed) ? listed.filter((branch) => typeof branch === "object" && branch !== null) : [];
}

function tellChoice(choice: ErrorObject, branches: Branches, depth: number): readonly ToldError[] {
  const alternatives = branchesOf(choice);
  const passing: unknown = choice.params.passingSchemas;
  if (Array.isArray(passing)) {
    const numbers = passing.map((index) => Number(index) + 1).join(" and ");
    return [{ ...choice, told: `must match exactly one of ${alternatives.length} alternatives, matches ${numbers}` }];
  }
  const none = `matches none of ${alternatives.length} alternatives`;
  if (depth >= deepestChoice) return [{ ...choice, told: none }];
  const judged = alternatives.slice(0, mostBranches).map((schema, index) => {
    const errors = branches.errors({ schema, value: choice.data });
    return { index, errors, distance: distanceOf(errors) };
  });
  const best = judged.reduce<(typeof judged)[number] | undefined>(
    (nearest, each) => (nearest === undefined || each.distance < nearest.distance ? each : nearest),
    undefined,
  );
  if (best === undefined || best.distance >= elsewhere) return [{ ...choice, told: none }];
  const inner = nearestErrors(best.errors, branches, depth + 1);
  return [
    { ...choice, told: `${none}; nearest is the ${best.index + 1}${ordinal(best.index + 1)}` },
    ...inner.map((error) => ({ ...error, instancePath: choice.instancePath + error.instancePath })),
  ];
}

/** A branch for another kind of value altogether says nothing about this one. */
const elsewhere = 1_000;

function distanceOf(errors: readonly ErrorObject[]): number {
  return errors.reduce((sum, { keyword, instancePath }) => {
    if (keyword === "type" && instancePath === "") return sum + elsewhere;
    if (keyword === "const" || keyword === "enum") return sum + 20;
    return sum + 1;
  }, 0);
}

function ordinal(number: number): string {
  if (number % 100 >= 11 && number % 100 <= 13) return "th";
  return ["th", "st", "nd", "rd"][number % 10] ?? "th";
}

/** Every schema object that the alternatives consist of or refer to: what their errors name. */
function schemasBelow(choice: ErrorObject, { named }: Branches): ReadonlySet<object> {
  const found = new Set<object>();
  const queue: unknown[] = [...branchesOf(choice)];
  for (let next = queue.pop(); next !== undefined && found.size < mostSchemas; next = queue.pop()) {
    if (typeof next !== "object" || next === null || found.has(next)) continue;
    found.add(next);
    if (isMapping(next) && typeof next.$ref === "string") queue.push(named(next.$ref));
    for (const inner of Object.values(next)) if (typeof inner === "object" && inner !== null) queue.push(inner);
  }
  return found;
}

const mostSchemas = 20_000;
