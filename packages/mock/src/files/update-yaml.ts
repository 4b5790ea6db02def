import { isMap, parseDocument, stringify } from "yaml";
import { JsonNumber } from "../json/json-value.ts";
import type { JsonObject } from "../mapping/stub-mapping.ts";

/** Writes a stub into the YAML it came from: what has not changed keeps its comments and its style. */
export function updateYaml(before: string, stub: JsonObject): string {
  const fields = plain(stub);
  const document = parseDocument(before);
  if (document.errors.length > 0 || !isMap(document.contents)) return stringify(fields, style);
  const old: Readonly<Record<string, unknown>> = document.toJS();
  for (const key of Object.keys(old)) if (!Object.hasOwn(fields, key)) document.delete(key);
  for (const [key, value] of Object.entries(fields)) {
    if (JSON.stringify(old[key]) !== JSON.stringify(value)) document.set(key, document.createNode(value));
  }
  return document.toString(style);
}

/** Without the numbers that keep their spelling, which YAML would write as objects. */
function plain(value: JsonObject): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(value, (_key, each) => (each instanceof JsonNumber ? Number(each.text) : each)));
}

const style = { lineWidth: 140 };
