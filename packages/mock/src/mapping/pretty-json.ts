import { JsonNumber } from "../json/json-value.ts";

/** JSON as WireMock prints it: two spaces, ` : ` after names, lists in one line unless they hold objects' lines. */
export function prettyJson(value: unknown, indent = ""): string {
  if (value instanceof JsonNumber) return value.text;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return value.length === 0 ? "[ ]" : `[ ${value.map((each) => prettyJson(each, indent)).join(", ")} ]`;
  const fields = Object.entries(value).filter(([, each]) => each !== undefined);
  if (fields.length === 0) return "{ }";
  const inner = `${indent}  `;
  return `{\n${fields.map(([name, each]) => `${inner}${JSON.stringify(name)} : ${prettyJson(each, inner)}`).join(",\n")}\n${indent}}`;
}
