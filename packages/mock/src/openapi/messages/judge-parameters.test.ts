import { describe, expect, test } from "vitest";
import { api, ask, contractOf, contractOfFixture, violationsOf } from "../testing/contract-of.ts";

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
