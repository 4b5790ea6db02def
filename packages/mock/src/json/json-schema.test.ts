import { describe, expect, it } from "vitest";
import type { SchemaVersion } from "../mapping/stub-mapping.ts";
import { compileJsonSchema } from "./json-schema.ts";
import type { JsonValue } from "./json-value.ts";

const versions: readonly SchemaVersion[] = ["V4", "V6", "V7", "V201909", "V202012"];
const conditional = JSON.parse('{"if":{"type":"string"},"then":{"minLength":2}}');

describe("a keyword that a draft does not know yet", () => {
  it.each<readonly [name: string, schema: JsonValue, value: JsonValue, since: SchemaVersion]>([
    ["const", { const: 1 }, 2, "V6"],
    ["contains", { contains: { type: "string" } }, [1], "V6"],
    ["propertyNames", { propertyNames: { maxLength: 1 } }, { ab: 1 }, "V6"],
    ["if", conditional, "a", "V7"],
  ])("is ignored before it: %s", (_, schema, value, since) => {
    const refusing = versions.filter((version) => !compileJsonSchema(schema, version).isValid(value));
    expect(refusing).toEqual(versions.slice(versions.indexOf(since)));
  });
});
