import type { Json } from "../../mapping/stub-mapping.ts";
import { isMapping } from "../documents/document-node.ts";

/** A value of a document as JSON: what JSON cannot say (`.inf` of YAML) becomes null. */
export function toJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(toJson);
  if (isMapping(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toJson(each)]));
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return Number(value);
    default:
      return null;
  }
}
