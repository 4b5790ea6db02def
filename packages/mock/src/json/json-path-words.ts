import { javaText } from "./java-text.ts";
import { javaNumberText } from "./json-number-text.ts";
import type { PathStep, PropertyStep } from "./json-path-tree.ts";
import { isJsonNumber } from "./json-value.ts";

/** What Jayway says of a path that finds nothing. WireMock's warnings pass it on. */

/** A path as Jayway prints it: `$['a'][0]`. */
export function pathText(steps: readonly PathStep[]): string {
  return steps.map(stepText).join("");
}

export function placeText(place: readonly (string | number)[]): string {
  return `$${place.map((key) => (typeof key === "number" ? `[${key}]` : `['${key}']`)).join("")}`;
}

export function noObjectWords(step: PropertyStep, place: readonly (string | number)[], found: unknown): string {
  const provider = "wiremock.com.jayway.jsonpath.spi.json.JsonSmartJsonProvider";
  const wanted = `Expected to find an object with property ${namesText(step)} in path ${placeText(place)}`;
  return `${wanted} but found '${javaClass(found)}'. This is not a json object according to the JsonProvider: '${provider}'.`;
}

export function noArrayWords(steps: readonly PathStep[], place: readonly (string | number)[], found: unknown): string {
  if (found === null) return `The path ${placeText(place)} is null`;
  return `Filter: ${pathText(steps)} can only be applied to arrays. Current context is: ${javaText(found)}`;
}

export function noFilterWords(steps: readonly PathStep[], found: unknown): string {
  return `Filter: ${pathText(steps)} can not be applied to primitives. Current context is: ${javaText(found)}`;
}

function stepText(step: PathStep): string {
  switch (step.kind) {
    case "property":
      return namesText(step);
    case "index":
      return `[${step.indexes.join(",")}]`;
    case "slice":
      return `[${step.from ?? ""}:${step.to ?? ""}]`;
    case "wildcard":
      return "[*]";
    case "scan":
      return "..";
    case "filter":
      return "[?]";
    case "function":
      return `.${step.name}(${step.parameters.length > 0 ? "..." : ""})`;
  }
}

function namesText({ names, quote: given }: PropertyStep): string {
  const quote = given ?? "'";
  return `[${names.map((name) => `${quote}${name}${quote}`).join(",")}]`;
}

function javaClass(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return "java.lang.String";
  if (typeof value === "boolean") return "java.lang.Boolean";
  if (Array.isArray(value)) return "wiremock.net.minidev.json.JSONArray";
  if (!isJsonNumber(value)) return "java.util.LinkedHashMap";
  const text = javaNumberText(value);
  if (!/^-?\d+$/.test(text)) return "java.lang.Double";
  const size = BigInt(text);
  if (BigInt.asIntN(32, size) === size) return "java.lang.Integer";
  return BigInt.asIntN(64, size) === size ? "java.lang.Long" : "java.math.BigInteger";
}
