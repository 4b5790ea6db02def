import { isJsonObject, type JsonValue } from "./json-value.ts";

/**
 * The weight WireMock gives a value when it counts differences: 1, and for a container 1 for each child and the weight of each child
 * that is a container itself. An absent value weighs nothing. Differences are weighed without the fields that are null.
 */
export function jsonSize(value: JsonValue | undefined, nullFields: "count" | "skip" = "count"): number {
  if (value === undefined) return 0;
  let size = 0;
  const containers: JsonValue[] = [value];
  for (let next = containers.pop(); next !== undefined; next = containers.pop()) {
    size++;
    const fields = isJsonObject(next) ? Object.values(next) : [];
    const children = Array.isArray(next) ? next : nullFields === "count" ? fields : fields.filter((field) => field !== null);
    size += children.length;
    for (const child of children) if (Array.isArray(child) || isJsonObject(child)) containers.push(child);
  }
  return size;
}
