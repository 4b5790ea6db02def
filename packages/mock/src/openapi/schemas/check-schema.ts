import { nearestName } from "@dojang/model";
import { child, type DocumentNode, entries, isMapping, items, ownValue, show } from "../documents/document-node.ts";
import { referenceOf } from "../documents/openapi-document.ts";
import type { DocumentReader } from "../reading/document-reader.ts";
import { discriminatorTarget } from "./discriminators.ts";
import { patternFault } from "./ecma-pattern.ts";
import { innerSchemas } from "./inner-schemas.ts";
import { SchemaGraph } from "./schema-graph.ts";

/**
 * Every schema that operations and components reach, looked at once: what passes here compiles. Of the two dialects each also takes
 * the other's spelling (`nullable`, `exclusiveMinimum` of both kinds, lists of types), because documents mix them.
 */
export function checkSchemas(reader: DocumentReader): SchemaGraph {
  const seen = new Map<object, DocumentNode>();
  const queue = [...reader.schemas];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (typeof next.value === "boolean") continue;
    if (!isMapping(next.value)) {
      reader.wrong(next, "a schema must be a mapping", "write it as `type: string`");
      continue;
    }
    if (seen.has(next.value)) continue;
    seen.set(next.value, next);
    const target = checkReference(reader, next);
    if (target !== undefined) queue.push(target);
    checkSchema(reader, next);
    for (const { node } of innerSchemas(next)) queue.push(node);
  }
  const graph = new SchemaGraph(reader.document, [...seen.values()]);
  for (const node of reader.findings.count > 0 ? [] : graph.endless()) {
    reader.report(node, {
      code: "schema-circular",
      message: "this schema contains itself without a property or item in between, so nothing can be checked by it",
      fix: "remove the reference that leads back, or add a `discriminator`",
    });
  }
  return graph;
}

function checkReference(reader: DocumentReader, node: DocumentNode): DocumentNode | undefined {
  const written = child(node, "$ref").value;
  if (written === undefined) return undefined;
  if (typeof written !== "string") {
    // A property may be called $ref: then its schema is a mapping.
    reader.wrong(child(node, "$ref"), "a reference must be text", "write it as '#/components/schemas/Name'");
    return undefined;
  }
  const target = reader.document.target(node, written);
  if (!target.ok) {
    reader.report(node, { key: "$ref", ...target });
    return undefined;
  }
  const end = reader.document.follow(target.node);
  if (!end.ok && end.code === "ref-circular") reader.report(node, { key: "$ref", ...end });
  return target.node;
}

type Check = (reader: DocumentReader, node: DocumentNode) => void;

const types = ["null", "boolean", "object", "array", "number", "integer", "string"];

const checks: Readonly<Record<string, Check>> = {
  type: checkType,
  enum: (reader, node) => {
    if (!Array.isArray(node.value)) reader.wrong(node, "`enum` must be a list", "write each value after a `-`");
    else if (node.value.length === 0) reader.wrong(node, "`enum` allows nothing", "list the values that are allowed");
  },
  required: (reader, node) => {
    const fix = typeof node.value === "boolean" ? "list the names of required properties in the object around it" : "write a list of names";
    if (!Array.isArray(node.value) || node.value.some((name) => typeof name !== "string")) {
      reader.wrong(node, "`required` must be a list of names", fix);
    }
  },
  pattern: (reader, node) => checkPattern(reader, node, node.value),
  format: text,
  multipleOf: (reader, node) => {
    if (typeof node.value !== "number" || node.value <= 0) reader.wrong(node, "`multipleOf` must be above 0", "write a number above 0");
  },
  minimum: number,
  maximum: number,
  exclusiveMinimum: numberOrFlag,
  exclusiveMaximum: numberOrFlag,
  minLength: size,
  maxLength: size,
  minItems: size,
  maxItems: size,
  minProperties: size,
  maxProperties: size,
  minContains: size,
  maxContains: size,
  nullable: flag,
  readOnly: flag,
  writeOnly: flag,
  uniqueItems: flag,
  properties: mapping,
  patternProperties: (reader, node) => {
    mapping(reader, node);
    for (const [pattern, at] of entries(node)) checkPattern(reader, at, pattern);
  },
  $defs: mapping,
  dependentSchemas: mapping,
  dependentRequired: mapping,
  allOf: branches,
  anyOf: branches,
  oneOf: branches,
  prefixItems: branches,
  items: (reader, node) => {
    if (Array.isArray(node.value)) reader.wrong(node, "`items` must be one schema", "write a list of schemas below `prefixItems:`");
  },
  discriminator: checkDiscriminator,
  $dynamicRef: (reader, node) => {
    const fix = "write `$ref` to the schema that is meant";
    reader.report(node, { code: "schema-unsupported", message: "`$dynamicRef` is not followed", fix });
  },
};

/** Known to every reader of schemas; beside these, only misspelt ones are told. */
const knownKeywords = [
  ...Object.keys(checks),
  ..."title description default example examples deprecated externalDocs xml const not if then else contains propertyNames".split(" "),
  ..."additionalProperties unevaluatedProperties unevaluatedItems contentEncoding contentMediaType contentSchema".split(" "),
  ..."additionalItems definitions dependencies $schema $id $ref $anchor $comment $dynamicAnchor $vocabulary".split(" "),
];
const known = new Set(knownKeywords);

function checkSchema(reader: DocumentReader, node: DocumentNode): void {
  if (!isMapping(node.value)) return;
  const ignored = reader.document.version === "3.0" && referenceOf(node.value) !== undefined;
  for (const key of ignored ? [] : Object.keys(node.value)) {
    if (Object.hasOwn(checks, key)) checks[key]?.(reader, child(node, key));
    else if (!known.has(key) && key.length >= 6 && !key.startsWith("x-")) checkUnknown(reader, node, key);
  }
  checkRange(reader, node, ["minLength", "maxLength"]);
  checkRange(reader, node, ["minItems", "maxItems"]);
  checkRange(reader, node, ["minProperties", "maxProperties"]);
}

function checkUnknown(reader: DocumentReader, node: DocumentNode, key: string): void {
  const similar = knownKeywords.filter((name) => Math.abs(name.length - key.length) <= 1 && name[0] === key[0]);
  const near = similar.length === 0 ? undefined : reader.near(key, similar);
  if (near === undefined || !isMapping(node.value) || ownValue(node.value, near) !== undefined) return;
  reader.report(node, {
    key,
    severity: "warning",
    code: "unknown-key",
    message: `the unknown keyword "${key}" is left out`,
    fix: `did you mean "${near}"?`,
  });
}

function checkType(reader: DocumentReader, node: DocumentNode): void {
  const listed = Array.isArray(node.value) ? items(node) : [node];
  for (const at of listed) {
    if (typeof at.value === "string" && types.includes(at.value)) continue;
    const near = typeof at.value === "string" ? nearestName(at.value.toLowerCase(), types) : undefined;
    const fix = at.value === "file" ? "write type: string and format: binary" : `write one of ${types.join(", ")}`;
    reader.wrong(at, "`type` must be a type of JSON", near === undefined ? fix : `did you mean "${near}"?`);
  }
}

function checkPattern(reader: DocumentReader, node: DocumentNode, pattern: unknown): void {
  if (typeof pattern !== "string") {
    reader.wrong(node, "a pattern must be text", "quote it");
    return;
  }
  const fault = patternFault(pattern);
  if (fault === undefined) return;
  reader.report(node, {
    severity: "warning",
    code: "schema-pattern",
    message: `the pattern ${show(pattern)} is not checked: ${fault.split("\n")[0]}`,
    fix: "correct the regular expression",
  });
}

/** A schema that no value satisfies is a mistake of the document, told here rather than when it is asked for an answer. */
function checkRange(reader: DocumentReader, node: DocumentNode, [low, high]: readonly [string, string]): void {
  const least = child(node, low).value;
  const most = child(node, high).value;
  if (typeof least === "number" && typeof most === "number" && least > most) {
    reader.report(node, {
      key: low,
      severity: "warning",
      code: "schema-impossible",
      message: `\`${low}\` is ${least} but \`${high}\` is ${most}: nothing satisfies both`,
      fix: "exchange or correct them",
    });
  }
}

function checkDiscriminator(reader: DocumentReader, node: DocumentNode): void {
  if (!isMapping(node.value) || typeof node.value.propertyName !== "string") {
    reader.wrong(node, "a discriminator must have a `propertyName`", "write `discriminator: { propertyName: kind }`");
    return;
  }
  const mappings = child(node, "mapping");
  if (mappings.value !== undefined) mapping(reader, mappings);
  for (const [name, at] of entries(mappings)) {
    if (typeof at.value !== "string") {
      reader.wrong(at, `the mapping of "${name}" must be text`, "write a reference or the name of a schema");
      continue;
    }
    const target = discriminatorTarget(reader.document, at, at.value);
    if (!target.ok) reader.report(at, target);
  }
}

function number(reader: DocumentReader, node: DocumentNode): void {
  if (typeof node.value !== "number") reader.wrong(node, "this must be a number", "write a number, without quotes");
}

function numberOrFlag(reader: DocumentReader, node: DocumentNode): void {
  if (typeof node.value !== "number" && typeof node.value !== "boolean") {
    reader.wrong(node, "this must be a number, or true beside `minimum` or `maximum`", "write the bound itself");
  }
}

function size(reader: DocumentReader, node: DocumentNode): void {
  if (typeof node.value !== "number" || !Number.isInteger(node.value) || node.value < 0) {
    reader.wrong(node, "this must be a whole number from 0", "write a whole number");
  }
}

function flag(reader: DocumentReader, node: DocumentNode): void {
  if (typeof node.value !== "boolean") reader.wrong(node, "this must be true or false", "write true or false, without quotes");
}

function text(reader: DocumentReader, node: DocumentNode): void {
  if (typeof node.value !== "string") reader.wrong(node, "this must be text", "quote it");
}

function mapping(reader: DocumentReader, node: DocumentNode): void {
  if (!isMapping(node.value)) reader.wrong(node, "this must be a mapping", "write it as `name: ...`");
}

function branches(reader: DocumentReader, node: DocumentNode): void {
  if (!Array.isArray(node.value) || node.value.length === 0) {
    reader.wrong(node, "this must be a list of schemas", "write each schema after a `-`");
  }
}
