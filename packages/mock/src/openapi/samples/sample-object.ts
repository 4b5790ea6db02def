import { child, entries, isMapping, items, placeOf } from "../documents/document-node.ts";
import { isUsable } from "../schemas/ecma-pattern.ts";
import { hiddenProperties } from "../schemas/lower-schema.ts";
import { namedProperties, numberOf, type Parts, propertySchemas, schemasOf } from "./constraints.ts";
import { word } from "./sample-format.ts";
import { samplePattern } from "./sample-pattern.ts";
import { type Attempt, deepestOptional, Impossible, type ValueMaker } from "./value-maker.ts";

/** An object for all the schemas: what is required, what is named, and of a map a few entries. */
export function sampleObject(parts: Parts, at: Attempt, maker: ValueMaker): Record<string, unknown> {
  const most = numberOf(parts, "maxProperties", Math.min) ?? Number.POSITIVE_INFINITY;
  const least = numberOf(parts, "minProperties", Math.max) ?? 0;
  const hidden = hiddenOf(parts, maker);
  const named = [...namedProperties(parts)].filter(([name]) => !hidden.has(name));
  const required = alsoRequired(
    parts,
    named.flatMap(([name, must]) => (must ? [name] : [])),
  );
  const made = new Map<string, unknown>();
  for (const [name, must] of named) if (must) made.set(name, property(parts, { name, at }, maker));
  for (const name of required) if (!made.has(name) && !hidden.has(name)) made.set(name, property(parts, { name, at }, maker));
  for (const [name, must] of named) {
    if (must || made.has(name) || made.size >= most || !isWanted(parts, { name, at, needed: made.size < least }, maker)) continue;
    const value = optional(parts, { name, at }, maker);
    if (value !== undefined) made.set(name, value.value);
  }
  addFreely(parts, made, { least, most, at, maker });
  // In the order of the schema, whichever came first; `fromEntries` keeps `__proto__` a property.
  const order = new Map(named.map(([name], index) => [name, index]));
  return Object.fromEntries([...made].sort(([left], [right]) => (order.get(left) ?? 1e9) - (order.get(right) ?? 1e9)));
}

function hiddenOf(parts: Parts, { options }: ValueMaker): ReadonlySet<string> {
  return new Set(parts.flatMap((part) => [...hiddenProperties(options.document, part, options.direction)]));
}

function alsoRequired(parts: Parts, required: readonly string[]): ReadonlySet<string> {
  const all = new Set(required);
  for (const name of all) {
    for (const part of parts) {
      for (const { value } of items(child(child(part, "dependentRequired"), name))) if (typeof value === "string") all.add(value);
    }
  }
  return all;
}

interface Named {
  readonly name: string;
  readonly at: Attempt;
}

function property(parts: Parts, { name, at }: Named, maker: ValueMaker): unknown {
  const schemas = propertySchemas(parts, name);
  if (schemas === undefined) throw new Impossible(`"${name}" is required and not allowed by ${parts.map(placeOf).join(" and ")}`);
  const dependent = parts
    .map((part) => child(child(child(part, "dependentSchemas"), name), "properties"))
    .flatMap((node) => {
      const own = child(node, name);
      return own.value === undefined ? [] : [own];
    });
  return maker.value([...schemas, ...dependent], {
    random: at.random.branch(`property ${name}`),
    depth: at.depth + 1,
    name,
    index: at.index,
  });
}

function optional(parts: Parts, named: Named, maker: ValueMaker): { readonly value: unknown } | undefined {
  try {
    return { value: property(parts, named, maker) };
  } catch (error) {
    if (error instanceof Impossible) return undefined;
    throw error;
  }
}

function isWanted(parts: Parts, { name, at, needed }: Named & { readonly needed: boolean }, { options, repeats }: ValueMaker): boolean {
  const schemas = propertySchemas(parts, name);
  if (schemas === undefined) return false;
  if (needed) return true;
  if (at.depth >= deepestOptional || repeats(schemas)) return false;
  // What depends on a property may not be there: with care, properties that are not asked for are left out.
  if (at.attempt === 1) return false;
  return options.vary || at.attempt > 1 ? at.random.branch(`optional ${name}`).chance(0.7) : true;
}

/** Properties that are not named: of a map a few, elsewhere as many as are still asked for. */
function addFreely(
  parts: Parts,
  made: Map<string, unknown>,
  { least, most, at, maker }: { readonly least: number; readonly most: number; readonly at: Attempt; readonly maker: ValueMaker },
): void {
  const free = [
    ...schemasOf(parts, "additionalProperties"),
    ...parts.flatMap((part) => entries(child(part, "patternProperties")).map(([, node]) => node)),
  ];
  const isMap = made.size === 0 && free.some(({ value }) => isMapping(value));
  const usual = isMap && at.depth < deepestOptional && !maker.repeats(free) && at.attempt !== 1 ? 2 : 0;
  const count = Math.min(Math.max(least, usual), most);
  for (let attempt = 0; made.size < count && attempt < count * 4 + 20; attempt++) {
    const name = freeName(parts, { at, attempt }, maker);
    if (name === undefined || made.has(name)) continue;
    const value = propertySchemas(parts, name) === undefined ? undefined : optional(parts, { name, at }, maker);
    if (value !== undefined) made.set(name, value.value);
  }
  if (made.size < least) throw new Impossible(`no ${least} properties were found for ${parts.map(placeOf).join(" and ")}`);
}

function freeName(
  parts: Parts,
  { at, attempt }: { readonly at: Attempt; readonly attempt: number },
  maker: ValueMaker,
): string | undefined {
  const random = at.random.branch(`name ${attempt}`);
  const names = schemasOf(parts, "propertyNames");
  if (names.length > 0) {
    const name = maker.value(names, { random, depth: at.depth + 1, name: undefined, index: attempt });
    return typeof name === "string" ? name : undefined;
  }
  const patterns = parts.flatMap((part) => entries(child(part, "patternProperties")).map(([pattern]) => pattern)).filter(isUsable);
  const [pattern] = patterns.slice(attempt % Math.max(1, patterns.length));
  if (pattern !== undefined) return samplePattern(pattern, { min: 0, max: 64 }, random, () => true);
  return attempt < 20 ? word(random) : `${word(random)}${attempt}`;
}
