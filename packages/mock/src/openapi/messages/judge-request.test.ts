import { describe, expect, test } from "vitest";
import { api, apiOf, ask, contractOf, contractOfFixture, violationsOf } from "../testing/contract-of.ts";

const key = { "X-Api-Key": "k" };

const ok = { responses: { 204: { description: "ok" } } };

function parameters(...list: unknown[]) {
  return api({ "/a": { get: { parameters: list, ...ok } } });
}

describe("parameters", () => {
  test("of a valid request say nothing", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const valid = [
      ask("GET /v1/pets?limit=5&status=sold,pending&tag=a&tag=b&box[from]=1.5&other=1", { ...key, "X-Tenant": "ab" }),
      ask("GET /v1/pets/7"),
      ask("GET /v1/report.csv", { ...key, Cookie: "a=b; sid=00ffaa11" }),
      ask("GET /v1/matrix/;points=1;points=2/.red?ids=1%7C2&names=ab%20c&filter=%7B%22a%22:1%7D&size=5&sort=up", {
        ...key,
        "X-Range": "from,1,to,5",
      }),
    ];
    expect(valid.flatMap((request) => violationsOf(contract, request))).toEqual([]);
  });

  test("name their place, the value seen and the rule", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    expect(contract.validateRequest(ask("GET /v1/pets?limit=1000", { ...key, "X-Tenant": "a" }))).toEqual([
      {
        side: "request",
        at: "header.x-tenant",
        message: 'must have at least 2 characters, got "a"',
        rule: "petstore.yaml#/paths/~1pets/parameters/0/schema/minLength",
      },
      {
        side: "request",
        at: "query.limit",
        message: "must be <= 100, got 1000",
        rule: "petstore.yaml#/paths/~1pets/get/parameters/0/schema/maximum",
      },
    ]);
  });

  test.each([
    ["form", true, "n=1&n=x", ["query.n/1"]],
    ["form", false, "n=1,x", ["query.n/1"]],
    ["form", false, "n=1%2Cx", ["query.n/0"]],
    ["spaceDelimited", false, "n=1%20x", ["query.n/1"]],
    ["spaceDelimited", false, "n=1+x", ["query.n/1"]],
    ["pipeDelimited", false, "n=1|x", ["query.n/1"]],
    ["pipeDelimited", false, "n=1%7Cx", ["query.n/1"]],
    ["form", true, "n=5", []],
    ["form", false, "n=", []],
  ])("a list of style %s, explode %s, is read from %s", async (style, explode, query, places) => {
    const contract = await contractOf(
      parameters({ name: "n", in: "query", style, explode, schema: { type: "array", items: { type: "integer" } } }),
    );
    expect(contract.validateRequest(ask(`GET /a?${query}`)).map(({ at }) => at)).toEqual(places);
  });

  test.each([
    ["form", true, "x=1&y=b", ["query.o/y"]],
    ["form", false, "o=x,1,y,b", ["query.o/y"]],
    ["deepObject", true, "o[x]=1&o[y]=b", ["query.o/y"]],
    ["deepObject", true, "o%5Bx%5D=1&o%5By%5D=2", []],
    ["deepObject", true, "o[x]=1&o[in][z]=a", ["query.o/in/z"]],
    ["deepObject", true, "o[x]=1&o[list][]=1&o[list][]=b", ["query.o/list/1"]],
    ["deepObject", true, "o[y]=1", ["query.o"]],
    ["deepObject", true, "p[x]=a", []],
  ])("an object of style %s, explode %s, is read from %s", async (style, explode, query, places) => {
    const integer = { type: "integer" };
    const schema = {
      type: "object",
      required: ["x"],
      properties: { x: integer, y: integer, in: { type: "object", properties: { z: integer } }, list: { type: "array", items: integer } },
    };
    const contract = await contractOf(parameters({ name: "o", in: "query", style, explode, schema }));
    expect(contract.validateRequest(ask(`GET /a?${query}`)).map(({ at }) => at)).toEqual(places);
  });

  test.each([
    ["simple", false, { type: "array", items: { type: "integer" } }, "1,x", ["path.p/1"]],
    ["simple", true, { type: "object", properties: { a: { type: "integer" } } }, "a=x", ["path.p/a"]],
    ["simple", false, { type: "object", properties: { a: { type: "integer" } } }, "a,x", ["path.p/a"]],
    ["label", false, { type: "integer" }, ".x", ["path.p"]],
    ["label", false, { type: "integer" }, "5", ["path.p"]],
    ["label", true, { type: "array", items: { type: "integer" } }, ".1.x", ["path.p/1"]],
    ["matrix", false, { type: "integer" }, ";p=x", ["path.p"]],
    ["matrix", false, { type: "integer" }, ";q=1", ["path.p"]],
    ["matrix", false, { type: "array", items: { type: "integer" } }, ";p=1,x", ["path.p/1"]],
    ["matrix", true, { type: "object", properties: { a: { type: "integer" } } }, ";a=x", ["path.p/a"]],
    ["simple", false, { type: "string", pattern: "^a/b c$" }, "a%2Fb%20c", []],
    ["matrix", true, { type: "array", items: { type: "integer" } }, ";p=1;p=2", []],
  ])("a path variable of style %s, explode %s, is read", async (style, explode, schema, text, places) => {
    const contract = await contractOf(
      api({ "/a/{p}": { get: { parameters: [{ name: "p", in: "path", required: true, style, explode, schema }], ...ok } } }),
    );
    expect(contract.validateRequest(ask(`GET /a/${text}`)).map(({ at }) => at)).toEqual(places);
  });

  test("text becomes what the schema takes, and only that", async () => {
    const of = (schema: unknown) => contractOf(parameters({ name: "v", in: "query", schema }));
    const faults = async (schema: unknown, ...texts: string[]) => {
      const contract = await of(schema);
      return texts.filter((text) => violationsOf(contract, ask(`GET /a?v=${text}`)).length > 0);
    };
    expect(await faults({ type: "integer" }, "1", "-5", "1.0", "1.5", "007", "", "x", "0x10", "1e400")).toEqual([
      "1.5",
      "007",
      "",
      "x",
      "0x10",
      "1e400",
    ]);
    expect(await faults({ type: "boolean" }, "true", "false", "1", "TRUE", "")).toEqual(["1", "TRUE", ""]);
    expect(await faults({ type: "string" }, "1", "true", "null", "")).toEqual([]);
    expect(
      await faults(
        {
          oneOf: [
            { type: "integer", maximum: 5 },
            { type: "string", pattern: "^9+$" },
          ],
        },
        "3",
        "99",
        "6",
      ),
    ).toEqual(["6"]);
    expect(await faults({ type: ["integer", "null"] }, "3", "null", "", "x")).toEqual(["x"]);
    expect(await faults({ enum: [1, 2, "three"] }, "1", "three", "3")).toEqual(["3"]);
    expect(await faults({ type: "string", format: "date-time" }, "2025-01-01T00:00:00+09:00", "2025-01-01")).toEqual(["2025-01-01"]);
    expect(await faults({}, "anything", "1", "")).toEqual([]);
  });

  test("that are required are missed; empty ones count where they may be empty", async () => {
    const contract = await contractOf(
      parameters(
        { name: "q", in: "query", required: true },
        { name: "H", in: "header", required: true },
        { name: "c", in: "cookie", required: true },
        { name: "e", in: "query", allowEmptyValue: true, schema: { type: "integer" } },
      ),
    );
    expect(violationsOf(contract, ask("GET /a?e="))).toEqual(["query.q is missing", "header.h is missing", "cookie.c is missing"]);
    expect(violationsOf(contract, ask("GET /a?q=1&e=", { h: "1", Cookie: "c=1" }))).toEqual([]);
  });

  test("of an operation win over those of its path; Accept, Content-Type and Authorization are none", async () => {
    const contract = await contractOf(
      api({
        "/a": {
          parameters: [{ name: "x", in: "query", required: true }],
          get: {
            parameters: [
              { name: "x", in: "query" },
              { name: "Accept", in: "header", required: true },
              { name: "authorization", in: "header", required: true },
            ],
            ...ok,
          },
        },
      }),
    );
    expect(violationsOf(contract, ask("GET /a"))).toEqual([]);
  });
});

describe("bodies", () => {
  test("are judged by the schema of their type", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    expect(violationsOf(contract, ask("POST /v1/pets", key, { name: "", weight: 0, status: "lost" }))).toEqual([
      'body/name must have at least 1 characters, got ""',
      'body/status must be one of "available", "pending", "sold", got "lost"',
      "body/weight must be > 0, got 0",
    ]);
    expect(violationsOf(contract, ask("POST /v1/pets", key, { name: "a", weight: 19.99, secret: "s" }))).toEqual([]);
    expect(violationsOf(contract, ask("POST /v1/pets", key, { name: "a", weight: null }))).toEqual([]);
    expect(violationsOf(contract, ask("POST /v1/pets", key))).toEqual(["body is missing"]);
    expect(violationsOf(contract, ask("POST /v1/pets", { ...key, "Content-Type": "application/json" }, "{no"))[0]).toMatch(
      /^body is not JSON: /,
    );
  });

  test("of another type than declared, or of none, say which are allowed", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const types = "application/json, application/x-www-form-urlencoded";
    expect(violationsOf(contract, ask("POST /v1/pets", { ...key, "Content-Type": "text/plain" }, "hi"))).toEqual([
      `header.content-type must be one of ${types}, got text/plain`,
    ]);
    expect(violationsOf(contract, ask("POST /v1/pets", key, "hi"))).toEqual([`header.content-type is missing; allowed: ${types}`]);
    expect(
      violationsOf(contract, ask("POST /v1/pets", { ...key, "Content-Type": "Application/JSON; charset=utf-8" }, '{"name":"a"}')),
    ).toEqual([]);
  });

  test("the most exact declared type is the one that counts", async () => {
    const content = {
      "*/*": {},
      "application/*": { schema: { type: "string" } },
      "application/*+json": { schema: { type: "integer" } },
      "application/vnd.x+json; version=2": { schema: { type: "boolean" } },
    };
    const contract = await contractOf(api({ "/a": { post: { requestBody: { content }, ...ok } } }));
    const faults = (type: string, body: string) => violationsOf(contract, ask("POST /a", { "Content-Type": type }, body));
    expect(faults("application/vnd.y+json", "true")).toEqual(["body must be integer, got true"]);
    expect(faults("application/vnd.x+json; version=2", "1")).toEqual(["body must be boolean, got 1"]);
    expect(faults("application/vnd.x+json; version=1", "1")).toEqual([]);
    expect(faults("application/json", "1")).toEqual(["body must be string, got 1"]);
    expect(faults("image/png", "1")).toEqual([]);
  });

  test("forms are objects of their pairs", async () => {
    const integer = { type: "integer" };
    const schema = {
      type: "object",
      required: ["amount"],
      additionalProperties: false,
      properties: {
        amount: integer,
        tags: { type: "array", items: integer },
        joined: { type: "array", items: integer },
        meta: { type: "object", properties: { size: integer } },
        card: { type: "object", properties: { number: { type: "string" }, cvc: integer } },
      },
    };
    const content = { "application/x-www-form-urlencoded": { schema, encoding: { joined: { style: "form", explode: false } } } };
    const contract = await contractOf(api({ "/a": { post: { requestBody: { content }, ...ok } } }));
    const faults = (body: string) => violationsOf(contract, ask("POST /a", { "Content-Type": "application/x-www-form-urlencoded" }, body));
    expect(faults("amount=5&tags=1&tags=2&joined=1,2&meta=%7B%22size%22:1%7D&card[number]=42&card[cvc]=1")).toEqual([]);
    expect(faults("amount=x&tags=1&tags=b&joined=1,c&card[cvc]=d&unknown=1&unknown=2")).toEqual([
      'body "unknown" is not declared',
      'body/amount must be integer, got "x"',
      'body/tags/1 must be integer, got "b"',
      'body/joined/1 must be integer, got "c"',
      'body/card/cvc must be integer, got "d"',
    ]);
    expect(faults("tags=1")).toEqual(['body "amount" is missing']);
  });

  test("multipart bodies are objects of their parts", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const send = (...parts: string[]) =>
      ask(
        "POST /v1/pets/1/photo",
        { ...key, "Content-Type": "multipart/form-data; boundary=B" },
        `${parts.map((part) => `--B\r\n${part}\r\n`).join("")}--B--\r\n`,
      );
    const field = (name: string, value: string, type?: string) =>
      `Content-Disposition: form-data; name="${name}"${type === undefined ? "" : `\r\nContent-Type: ${type}`}\r\n\r\n${value}`;
    const file = 'Content-Disposition: form-data; name="photo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\u0089PNG';
    expect(
      violationsOf(contract, send(file, field("caption", "short"), field("place", '{"lat":1}'), field("tags", "1"), field("tags", "2"))),
    ).toEqual([]);
    expect(
      violationsOf(
        contract,
        send(
          field("photo", "x", "text/html"),
          field("caption", "much too long"),
          field("place", "{}"),
          field("tags", "x"),
          field("more", "1"),
        ),
      ),
    ).toEqual([
      "body/photo must be of type image/png, image/jpeg, got text/html",
      'body "more" is not declared',
      'body/caption must have at most 10 characters, got "much too long"',
      'body/place "lat" is missing',
      'body/tags/0 must be integer, got "x"',
    ]);
    expect(violationsOf(contract, send(field("caption", "a")))).toEqual(['body "photo" is missing']);
  });

  test("text and bytes are judged as text; XML is not looked into", async () => {
    const content = {
      "text/plain": { schema: { type: "integer", maximum: 5 } },
      "application/octet-stream": { schema: { type: "string", format: "binary", maxLength: 2 } },
      "application/xml": { schema: { type: "object", required: ["a"] } },
    };
    const contract = await contractOf(api({ "/a": { post: { requestBody: { content }, ...ok } } }));
    const faults = (type: string, body: string) => violationsOf(contract, ask("POST /a", { "Content-Type": type }, body));
    expect(faults("text/plain", "7")).toEqual(["body must be <= 5, got 7"]);
    expect(faults("text/plain", "3")).toEqual([]);
    expect(faults("application/octet-stream", "abc")).toEqual(['body must have at most 2 characters, got "abc"']);
    expect(faults("application/xml", "<x/>")).toEqual([]);
  });

  test("of an operation that declares none are let be", async () => {
    const contract = await contractOf(api({ "/a": { get: ok } }));
    expect(violationsOf(contract, ask("GET /a", {}, { any: 1 }))).toEqual([]);
  });
});

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

describe("credentials", () => {
  const schemes = {
    key: { type: "apiKey", in: "query", name: "key" },
    session: { type: "apiKey", in: "cookie", name: "sid" },
    basic: { type: "http", scheme: "basic" },
    token: { type: "http", scheme: "Bearer" },
    oauth: { type: "oauth2", flows: {} },
    oidc: { type: "openIdConnect", openIdConnectUrl: "https://x.example" },
    tls: { type: "mutualTLS" },
  };
  const faults = async (security: unknown, url: string, headers: Readonly<Record<string, string>> = {}) =>
    violationsOf(
      await contractOf(api({ "/a": { get: { security, ...ok } } }, { components: { securitySchemes: schemes } })),
      ask(`GET ${url}`, headers),
    );
  const basic = `Basic ${Buffer.from("a:b").toString("base64")}`;

  test("of each kind are looked for where they belong", async () => {
    expect(await faults([{ key: [] }], "/a")).toEqual(['query.key is missing: "key" asks for a key']);
    expect(await faults([{ key: [] }], "/a?key=1")).toEqual([]);
    expect(await faults([{ session: [] }], "/a", { Cookie: "sid=1" })).toEqual([]);
    expect(await faults([{ basic: [] }], "/a", { Authorization: basic })).toEqual([]);
    expect(await faults([{ basic: [] }], "/a", { Authorization: "Basic !" })).toEqual([
      "header.authorization must be a name and a password, joined by a colon, in base64",
    ]);
    expect(await faults([{ basic: [] }], "/a", { Authorization: "Bearer x" })).toEqual([
      "header.authorization must begin with basic, got Bearer",
    ]);
    for (const scheme of ["token", "oauth", "oidc"]) {
      expect(await faults([{ [scheme]: ["read"] }], "/a", { Authorization: "bearer x" })).toEqual([]);
      expect(await faults([{ [scheme]: [] }], "/a", { Authorization: "Bearer" })).toEqual([
        "header.authorization has no credentials after Bearer",
      ]);
    }
    expect(await faults([{ tls: [] }], "/a")).toEqual([]);
  });

  test("all of one requirement, one of several, or none when that is allowed", async () => {
    expect(await faults([{ key: [], session: [] }], "/a?key=1")).toEqual(['cookie.sid is missing: "session" asks for a key']);
    expect(await faults([{ key: [], session: [] }, { token: [] }], "/a", { Authorization: "Bearer x" })).toEqual([]);
    expect(await faults([{ key: [] }, { token: [] }], "/a")).toEqual([
      'query.key is missing: "key" asks for a key (or one of 1 other ways)',
    ]);
    expect(await faults([{ key: [] }, {}], "/a")).toEqual([]);
    expect(await faults([], "/a")).toEqual([]);
  });
});
