import { describe, expect, test } from "vitest";
import { apiOf, ask, contractOf, violationsOf } from "../testing/contract-of.ts";

describe("schemas of both versions", () => {
  const faults = async (schema: unknown, value: unknown, openapi = "3.1.0", more: Readonly<Record<string, unknown>> = {}) =>
    violationsOf(
      await contractOf(apiOf(schema, { openapi, ...more })),
      ask("POST /things", { "Content-Type": "application/json" }, JSON.stringify(value)),
    );

  test("3.0: nullable, boolean exclusiveMinimum and exclusiveMaximum", async () => {
    expect(await faults({ type: "string", nullable: true }, null, "3.0.3")).toEqual([]);
    expect(await faults({ type: "string", nullable: true, enum: ["a"] }, null, "3.0.3")).toEqual([]);
    expect(await faults({ nullable: true, allOf: [{ type: "string" }] }, null, "3.0.3")).toEqual([]);
    expect(await faults({ type: "string" }, null, "3.0.3")).toEqual(["body must be string, got null"]);
    expect(await faults({ type: "number", minimum: 1, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: true }, 1, "3.0.3")).toEqual([
      "body must be > 1, got 1",
    ]);
    expect(await faults({ type: "number", minimum: 1, exclusiveMinimum: false }, 1, "3.0.3")).toEqual([]);
  });

  test("3.1: JSON Schema 2020-12", async () => {
    expect(await faults({ type: ["string", "null"] }, null)).toEqual([]);
    expect(await faults({ exclusiveMinimum: 1 }, 1)).toEqual(["body must be > 1, got 1"]);
    expect(await faults({ const: { a: 1 } }, { a: 2 })).toEqual(["body must be an object, got an object"]);
    expect(await faults({ prefixItems: [{ type: "integer" }], items: false }, ["a", 1])).toHaveLength(2);
    const condition = Object.fromEntries(["if", "then", "else"].map((key, index) => [key, { required: ["abc"[index]] }]));
    expect(await faults(condition, { a: 1 })).toEqual(['body "b" is missing']);
    expect(await faults(condition, {})).toEqual(['body "c" is missing']);
    expect(await faults({ dependentRequired: { a: ["b"] } }, { a: 1 })).toEqual(['body "b" is missing, which "a" asks for']);
    expect(await faults({ allOf: [{ properties: { a: {} } }], unevaluatedProperties: false }, { a: 1, b: 2 })).toEqual([
      'body "b" is not declared',
    ]);
    expect(await faults({ type: "array", contains: { const: 1 }, minContains: 2 }, [1])).toHaveLength(1);
    expect(await faults({ propertyNames: { pattern: "^[a-z]+$" } }, { A: 1 })).toContain("body property name must be valid, got an object");
    expect(await faults(false, 1)).toHaveLength(1);
    expect(await faults(true, 1)).toEqual([]);
  });

  test("formats of both, where they say something", async () => {
    const wrong = {
      int32: 2 ** 31,
      int64: 1.5,
      uuid: "x",
      date: "2025-02-30",
      "date-time": "2025-01-01",
      email: "a",
      uri: "a b",
      ipv4: "1.2.3",
      byte: "*",
      hostname: "-a",
    };
    for (const [format, value] of Object.entries(wrong)) expect(await faults({ format }, value), format).toHaveLength(1);
    for (const format of ["float", "double", "password", "binary", "made-up"]) expect(await faults({ format }, "x"), format).toEqual([]);
    expect(await faults({ format: "int64" }, 9_007_199_254_740_991)).toEqual([]);
  });

  test("what is readOnly is not asked of requests, and may be sent back", async () => {
    const schema = {
      type: "object",
      required: ["id", "name"],
      additionalProperties: false,
      properties: { id: { type: "integer", readOnly: true }, name: { type: "string" } },
    };
    expect(await faults(schema, { name: "a" })).toEqual([]);
    expect(await faults(schema, { name: "a", id: 1 })).toEqual([]);
    expect(await faults(schema, { id: 1 })).toEqual(['body "name" is missing']);
  });

  test("decimal fractions are multiples of 0.01", async () => {
    expect(await faults({ multipleOf: 0.01 }, 19.99)).toEqual([]);
    expect(await faults({ multipleOf: 0.01 }, 19.995)).toHaveLength(1);
  });

  test("equal items and values of enum are found whatever their size and order", async () => {
    expect(
      await faults({ uniqueItems: true }, [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toEqual(["body must not have equal items, got a list of 2"]);
    expect(await faults({ uniqueItems: true }, [1, "1", true, null, [1]])).toEqual([]);
    expect(await faults({ enum: [{ a: [1, 2] }] }, { a: [1, 2] })).toEqual([]);
  });

  test("names like those of every object are names like others", async () => {
    const schema = { type: "object", required: ["constructor", "__proto__"], properties: { toString: { type: "integer" } } };
    const contract = await contractOf(apiOf(schema));
    const post = (body: string) => violationsOf(contract, ask("POST /things", { "Content-Type": "application/json" }, body));
    expect(post("{}")).toEqual(['body "constructor" is missing', 'body "__proto__" is missing']);
    expect(post('{"constructor": 1, "__proto__": "x", "toString": "y"}')).toEqual(['body/toString must be integer, got "y"']);
  });
});

describe("alternatives", () => {
  const animals = (more: unknown) => ({
    components: {
      schemas: {
        Cat: { type: "object", required: ["kind", "lives"], properties: { kind: { type: "string" }, lives: { type: "integer" } } },
        Dog: { type: "object", required: ["kind", "trick"], properties: { kind: { type: "string" }, trick: { type: "string" } } },
        Animal: more,
      },
    },
  });
  const refs = [{ $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Dog" }];
  const faults = async (animal: unknown, value: unknown) =>
    violationsOf(await contractOf(apiOf({ $ref: "#/components/schemas/Animal" }, animals(animal))), ask("POST /things", {}, value));

  test("without discriminator the nearest speaks", async () => {
    expect(await faults({ oneOf: refs }, { kind: "cat", lives: "nine" })).toEqual([
      "body matches none of 2 alternatives; nearest is the 1st",
      'body/lives must be integer, got "nine"',
    ]);
    expect(await faults({ oneOf: refs }, { kind: "x", lives: 9, trick: "sit" })).toEqual([
      "body must match exactly one of 2 alternatives, matches 1 and 2",
    ]);
    expect(await faults({ anyOf: [{ type: "string" }, { type: "integer" }] }, {})).toEqual(["body matches none of 2 alternatives"]);
  });

  test("with discriminator the one that is named speaks alone", async () => {
    const byName = { oneOf: refs, discriminator: { propertyName: "kind" } };
    expect(await faults(byName, { kind: "Cat" })).toEqual(['body "lives" is missing']);
    expect(await faults(byName, { kind: "Dog", trick: "sit", lives: 9 })).toEqual([]);
    expect(await faults(byName, { kind: "Cow" })).toEqual(['body/kind must be one of "Cat", "Dog", got "Cow"']);
    expect(await faults(byName, { lives: 9 })).toEqual(['body "kind" is missing']);
    const mapped = { oneOf: refs, discriminator: { propertyName: "kind", mapping: { meow: "#/components/schemas/Cat", woof: "Dog" } } };
    expect(await faults(mapped, { kind: "woof" })).toEqual(['body "trick" is missing']);
    expect(await faults(mapped, { kind: "Cat" })).toEqual(['body/kind must be one of "meow", "woof", got "Cat"']);
  });

  test("schemas that extend one with a discriminator are chosen by it", async () => {
    const schemas = {
      Pet: { type: "object", required: ["type"], discriminator: { propertyName: "type" }, properties: { type: { type: "string" } } },
      Cat: {
        allOf: [{ $ref: "#/components/schemas/Pet" }, { type: "object", required: ["lives"], properties: { lives: { type: "integer" } } }],
      },
      Lion: { allOf: [{ $ref: "#/components/schemas/Cat" }, { required: ["mane"] }] },
    };
    const contract = await contractOf(apiOf({ $ref: "#/components/schemas/Pet" }, { components: { schemas } }));
    const post = (body: unknown) => violationsOf(contract, ask("POST /things", {}, body));
    expect(post({ type: "Cat" })).toEqual(['body "lives" is missing']);
    expect(post({ type: "Lion", lives: 9 })).toEqual(['body "mane" is missing']);
    expect(post({ type: "Pet" })).toEqual([]);
    expect(post({ type: "Fox" })).toEqual(['body/type must be one of "Cat", "Lion", "Pet", got "Fox"']);
  });

  test("a union whose members extend it is no circle", async () => {
    const schemas = {
      Pet: {
        oneOf: [{ $ref: "#/components/schemas/Cat" }],
        discriminator: { propertyName: "type" },
        required: ["type"],
        properties: { type: { type: "string" } },
      },
      Cat: { allOf: [{ $ref: "#/components/schemas/Pet" }, { required: ["lives"] }] },
    };
    const contract = await contractOf(apiOf({ $ref: "#/components/schemas/Pet" }, { components: { schemas } }));
    expect(violationsOf(contract, ask("POST /things", {}, { type: "Cat" }))).toEqual(['body "lives" is missing']);
    expect(violationsOf(contract, ask("POST /things", {}, { type: "Cat", lives: 9 }))).toEqual([]);
  });

  test("members name themselves by enum or const, and null stays allowed beside them", async () => {
    const member = (kind: unknown, required: string) => ({ type: "object", required: ["kind", required], properties: { kind } });
    const schema = {
      oneOf: [member({ const: "a" }, "x"), member({ enum: ["b", "c"] }, "y"), { type: "null" }],
      discriminator: { propertyName: "kind" },
    };
    const contract = await contractOf(apiOf(schema));
    const post = (body: unknown) =>
      violationsOf(contract, ask("POST /things", { "Content-Type": "application/json" }, JSON.stringify(body)));
    expect(post(null)).toEqual([]);
    expect(post({ kind: "c" })).toContain('body "y" is missing');
    expect(post({ kind: "a", x: 1 })).toEqual([]);
  });
});
