import { checkJsonPath } from "../json/json-path.ts";
import type { JsonValue } from "../json/json-value.ts";
import { parseJson } from "../json/parse-json.ts";
import { compactJson, printJson } from "../json/print-json.ts";
import { type At, below, type MappingReader, shown } from "./mapping-reader.ts";
import type { Json } from "./stub-mapping.ts";
import { type Fields, lenientFlag, operator, readExpression } from "./value-operator.ts";

export const equalToJsonOperator = operator(
  (fields, at, { reader }) => {
    const here = below(at, "equalToJson");
    const given = fields.equalToJson;
    const options = {
      ...optionalFlag("ignoreArrayOrder", fields),
      ...optionalFlag("ignoreExtraElements", fields),
    };
    if (typeof given === "string") {
      const parsed = parseJson(given);
      if (!parsed.ok) return reportJson(parsed, here, reader);
      return { kind: "equalToJson", value: given, given: "string", ...options };
    }
    const json = reader.json(given, here);
    return json === undefined ? undefined : { kind: "equalToJson", value: compactJson(printable(json)), given: "json", ...options };
  },
  ["ignoreArrayOrder", "ignoreExtraElements"],
);

export const matchesJsonPathOperator = operator((fields, at, reading) => {
  const found = readExpression("matchesJsonPath", fields, at, reading);
  if (found === undefined) return undefined;
  const wrong = checkJsonPath(found.expression);
  if (wrong !== undefined) {
    const message = `${shown(found.expression)} is no JSONPath: ${wrong}`;
    return reading.reader.error(below(at, "matchesJsonPath"), "bad-value", message, 'write a path such as "$.items[0].name"');
  }
  return { kind: "matchesJsonPath", ...found };
});

const schemaVersions = ["V4", "V6", "V7", "V201909", "V202012"] as const;

export const matchesJsonSchemaOperator = operator(
  (fields, at, { reader }) => {
    const here = below(at, "matchesJsonSchema");
    const given = fields.matchesJsonSchema;
    const schemaVersion = reader.oneOf(fields.schemaVersion, below(at, "schemaVersion"), schemaVersions) ?? "V202012";
    if (typeof given === "string") {
      const parsed = parseJson(given);
      if (!parsed.ok) return reportJson(parsed, here, reader);
      return { kind: "matchesJsonSchema", schema: given, given: "string", schemaVersion };
    }
    // WireMock answers a schema as a string of JSON, however it was given.
    const json = reader.json(given, here);
    return json === undefined
      ? undefined
      : { kind: "matchesJsonSchema", schema: printJson(printable(json)), given: "string", schemaVersion };
  },
  ["schemaVersion"],
);

function optionalFlag<Name extends "ignoreArrayOrder" | "ignoreExtraElements">(name: Name, fields: Fields): Partial<Record<Name, boolean>> {
  const flag = lenientFlag(name, fields);
  // Safe: a computed key of a literal type.
  return flag === undefined ? {} : ({ [name]: flag } as Partial<Record<Name, boolean>>);
}

function reportJson({ message, detail }: { readonly message: string; readonly detail: string }, at: At, reader: MappingReader): undefined {
  return reader.error(at, "bad-value", `\`${at.key}\` is no JSON: ${message}`, "write the JSON itself instead of a string of it", detail);
}

function printable(json: Json): JsonValue {
  // Safe: both are what a JSON reader makes, and printing changes nothing of it.
  return json as JsonValue;
}
