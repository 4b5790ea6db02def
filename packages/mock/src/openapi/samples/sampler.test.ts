import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { describe, expect, test } from "vitest";
import { answerOf, api, apiOf, ask, contractOf, judged } from "../testing/contract-of.ts";
import { mutated, RandomSchema, type Schema } from "../testing/random-schema.ts";
import { Random } from "./random.ts";

const content = (schema: unknown) => ({ "application/json": { schema } });

/** A document with one operation for each schema: GET /s0, GET /s1... */
function documentOf(schemas: readonly Schema[], components: Readonly<Record<string, Schema>>, openapi = "3.1.0") {
  const paths = Object.fromEntries(
    schemas.map((schema, index) => [
      `/s${index}`,
      {
        get: { responses: { 200: { description: "", content: content(schema) } } },
        post: { requestBody: { content: content(schema) }, responses: { 204: { description: "" } } },
      },
    ]),
  );
  return api(paths, { openapi, components: { schemas: components } });
}

/** A validator that knows nothing of ours: ajv on the document as written. */
function plainAjv(document: object) {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, logger: false, multipleOfPrecision: 8, ownProperties: true });
  for (const [name, format] of Object.entries(fullFormats)) ajv.addFormat(name, format);
  ajv.addSchema(document, "document");
  return (index: number) => ajv.compile({ $ref: `document#/paths/~1s${index}/get/responses/200/content/application~1json/schema` });
}

const components: Readonly<Record<string, Schema>> = {
  Tree: {
    type: "object",
    required: ["name"],
    properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#/components/schemas/Tree" } } },
  },
  Chain: {
    type: "object",
    required: ["next"],
    properties: { next: { anyOf: [{ $ref: "#/components/schemas/Chain" }, { type: "null" }] } },
  },
  Expression: {
    oneOf: [
      {
        type: "object",
        required: ["and"],
        additionalProperties: false,
        properties: { and: { type: "array", minItems: 1, items: { $ref: "#/components/schemas/Expression" } } },
      },
      { type: "object", required: ["not"], additionalProperties: false, properties: { not: { $ref: "#/components/schemas/Expression" } } },
      { type: "string", pattern: "^[a-z]+ (=|<) \\d+$" },
    ],
  },
};

describe("samples of random schemas", () => {
  const count = 120;
  const schemas = Array.from({ length: count }, (_, index) => new RandomSchema(index, Object.keys(components)).make());
  const document = documentOf(schemas, components);

  test("are valid, by our judgement and by that of plain ajv, in every way of asking", async () => {
    const contract = await contractOf(document);
    const plain = plainAjv(document);
    for (let index = 0; index < count; index++) {
      const validate = plain(index);
      for (const prefer of ["dynamic=false", "dynamic=true", "dynamic=true", "dynamic=true"]) {
        const request = ask(`GET /s${index}`, { Prefer: prefer });
        const answer = await answerOf(contract, request);
        const shown = `schema ${index} ${JSON.stringify(schemas[index])} ${JSON.stringify(answer.body)}`;
        expect(answer.status, shown).toBe(200);
        expect(judged(contract, request, answer), shown).toEqual([]);
        expect(validate(answer.body), shown).toBe(true);
      }
    }
  });

  test("and values near them are judged as plain ajv judges them", async () => {
    const contract = await contractOf(document);
    const plain = plainAjv(document);
    let valid = 0;
    let invalid = 0;
    for (let index = 0; index < count; index++) {
      // A discriminator says more than plain JSON Schema does.
      if (JSON.stringify(schemas[index]).includes("discriminator")) continue;
      const random = new Random(index);
      const validate = plain(index);
      let value = (await answerOf(contract, ask(`GET /s${index}`))).body as unknown;
      for (let step = 0; step < 12; step++) {
        const expected = validate(value);
        const violations = contract.validateRequest(ask(`POST /s${index}`, { "Content-Type": "application/json" }, JSON.stringify(value)));
        expect(violations.length === 0, `${JSON.stringify(schemas[index])} ${JSON.stringify(value)} ${JSON.stringify(violations)}`).toBe(
          expected,
        );
        if (expected) valid++;
        else invalid++;
        value = mutated(value, random);
      }
    }
    expect(valid).toBeGreaterThan(100);
    expect(invalid).toBeGreaterThan(100);
  });

  test("are the same for the same seed and different for another", async () => {
    const bodies = async (seed: number) => {
      const contract = await contractOf(document, { seed });
      return Promise.all(
        schemas.slice(0, 50).map(async (_, index) => JSON.stringify((await answerOf(contract, ask(`GET /s${index}`))).body)),
      );
    };
    const first = await bodies(7);
    expect(await bodies(7)).toEqual(first);
    expect(await bodies(8)).not.toEqual(first);
  });
});

describe("samples", () => {
  const sample = async (schema: unknown, more: Readonly<Record<string, unknown>> = {}) =>
    (await answerOf(await contractOf(apiOf(schema, more)), ask("POST /things", {}, {}))).body;

  test.each<[unknown, unknown]>([
    [{ const: 5 }, 5],
    [{ type: "string", example: "shown" }, "shown"],
    [{ type: "string", examples: ["first", "second"] }, "first"],
    [{ type: "string", default: "usual" }, "usual"],
    [{ type: "integer", minimum: 7, maximum: 7 }, 7],
    [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 0.02, multipleOf: 0.01 }, 0.01],
    [{ type: "array", items: { type: "integer" }, maxItems: 0 }, []],
    [{ type: "object", properties: { a: { const: 1 } }, additionalProperties: false }, { a: 1 }],
    [{ type: "integer", minimum: 9_007_199_254_740_990 }, expect.any(Number)],
    [{ type: "string", minLength: 300 }, expect.stringMatching(/^.{300}$/)],
    [{ type: "string", format: "email", maxLength: 8 }, expect.stringMatching(/^.{1,8}$/)],
    [{ type: "string", format: "uri", minLength: 200 }, expect.stringMatching(/^https:.{190,}$/)],
    [{ type: "string", format: "hostname", minLength: 100 }, expect.stringMatching(/^.{100,}$/)],
    [{ type: "string", pattern: "^[a-z]*$", minLength: 50, maxLength: 60 }, expect.stringMatching(/^[a-z]{50,60}$/)],
    [{ type: "string", pattern: "x", minLength: 20 }, expect.stringMatching(/^.{20,}$/)],
    [{ type: "string", pattern: "^(?=.*\\d)[a-z\\d]{6}$" }, expect.stringMatching(/^[a-z\d]{6}$/)],
    [{ allOf: [{ type: "string", pattern: "^a" }, { pattern: "z$" }, { maxLength: 6 }] }, expect.stringMatching(/^a.*z$/)],
    [{ type: "array", uniqueItems: true, minItems: 3, items: { enum: ["a", "b", "c"] } }, expect.arrayContaining(["a", "b", "c"])],
    [{ type: "array", uniqueItems: true, minItems: 2, items: { type: "boolean" } }, expect.arrayContaining([true, false])],
    [{ type: "object", minProperties: 3, additionalProperties: { type: "integer" } }, expect.any(Object)],
    [
      { type: "object", patternProperties: { "^x-": { type: "integer" } }, additionalProperties: false, minProperties: 2 },
      expect.any(Object),
    ],
    [{ not: { type: "object" }, type: ["object", "integer"] }, expect.any(Number)],
    [{ type: "integer", not: { multipleOf: 2 } }, expect.any(Number)],
    [
      { oneOf: [{ required: ["a"] }, { required: ["b"] }], type: "object", properties: { a: { const: 1 }, b: { const: 2 } } },
      expect.any(Object),
    ],
    [{ type: "object", required: ["a"], properties: { a: { type: "integer", example: "wrong" } } }, { a: expect.any(Number) }],
  ])("of %j", async (schema, expected) => {
    expect(await sample(schema)).toEqual(expected);
  });

  test("leave out what only requests carry, and show what only responses do", async () => {
    const schema = {
      type: "object",
      properties: { id: { const: 1, readOnly: true }, secret: { const: 2, writeOnly: true }, name: { const: 3 } },
    };
    expect(await sample(schema)).toEqual({ id: 1, name: 3 });
  });

  test("of a schema that contains itself end", async () => {
    expect(await sample({ $ref: "#/components/schemas/Tree" }, { components: { schemas: components } })).toEqual({
      name: expect.any(String),
      children: [],
    });
    expect(
      JSON.stringify(await sample({ $ref: "#/components/schemas/Expression" }, { components: { schemas: components } })).length,
    ).toBeLessThan(200);
  });

  test("of lists show the kinds that a discriminator tells apart in turn", async () => {
    const member = (kind: string) => ({ type: "object", required: ["kind"], properties: { kind: { const: kind } } });
    const schema = {
      type: "array",
      minItems: 4,
      maxItems: 4,
      items: { oneOf: [member("a"), member("b")], discriminator: { propertyName: "kind" } },
    };
    expect(await sample(schema)).toEqual([{ kind: "a" }, { kind: "b" }, { kind: "a" }, { kind: "b" }]);
  });

  test.each<[unknown]>([
    [{ type: "integer", minimum: 5, maximum: 4 }],
    [{ type: "string", pattern: "^a$", minLength: 3 }],
    [{ allOf: [{ type: "string" }, { type: "integer" }] }],
    [{ type: "object", required: ["a"], properties: { a: { $ref: "#/components/schemas/Endless" } } }],
    [{ type: "array", uniqueItems: true, minItems: 3, items: { type: "boolean" } }],
    [{ enum: [1], not: { const: 1 } }],
  ])("of %j, which nothing satisfies, are refused in bounded time", async (schema) => {
    const endless = { Endless: { type: "object", required: ["next"], properties: { next: { $ref: "#/components/schemas/Endless" } } } };
    expect(await sample(schema, { components: { schemas: endless } })).toMatchObject({
      status: 500,
      title: expect.stringContaining("could not be made up"),
    });
  });
});
