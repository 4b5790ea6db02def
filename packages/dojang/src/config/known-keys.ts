import { z } from "zod";
import { type KeyPath, valueAt } from "./key-path.ts";

/**
 * The keys a schema allows at a place of a file, for "did you mean". zod's issues do not carry them, so the schema is walked
 * along the path, through optional, default, pipe, record, list and union wrappers.
 */
export function knownKeysAt(schema: z.ZodType, { path, root }: { path: KeyPath; root: unknown }): string[] {
  let found: z.core.$ZodType[] = [schema];
  for (let length = 0; length < path.length; length++) {
    const part = path[length] ?? "";
    const here = valueAt(root, path.slice(0, length));
    found = found.flatMap((candidate) => flatten(candidate, here)).flatMap((candidate) => stepInto(candidate, part));
  }
  const here = valueAt(root, path);
  const keys = found
    .flatMap((candidate) => flatten(candidate, here))
    .flatMap((candidate) => (candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : []));
  return [...new Set(keys)];
}

const deepestWrapping = 20;

/** The schemas behind wrappers; of a union by `kind` the member that the value chooses. */
function flatten(schema: z.core.$ZodType, value: unknown, depth = 0): z.core.$ZodType[] {
  if (depth > deepestWrapping) return [];
  const again = (inner: z.core.$ZodType) => flatten(inner, value, depth + 1);
  if (schema instanceof z.ZodPipe) return again(schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return again(schema.def.innerType);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator, options } = schema.def;
    const chosen = typeof value === "object" && value !== null ? Reflect.get(value, discriminator) : undefined;
    return options.filter((option) => option._zod.propValues?.[discriminator]?.has(chosen)).flatMap(again);
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(again);
  return [schema];
}

function stepInto(schema: z.core.$ZodType, part: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const inner: unknown = schema.shape[part];
    return inner instanceof z.ZodType ? [inner] : [];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodTuple && typeof part === "number") return schema.def.items.slice(part, part + 1);
  return [];
}
