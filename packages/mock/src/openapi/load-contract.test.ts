import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadContract } from "./load-contract.ts";
import { answerOf, api, ask, contractOf, contractOfFixture, findingsOf, folderOf, refusalOf, violationsOf } from "./testing/contract-of.ts";

const ok = { responses: { 204: { description: "ok" } } };

describe("reading documents", () => {
  test("YAML and JSON say the same", async () => {
    const yaml = await contractOf(
      "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        204: {description: ok}\n",
    );
    const json = await contractOf(api({ "/a": { get: ok } }, { openapi: "3.0.3" }));
    for (const contract of [yaml, json]) expect((await answerOf(contract, ask("GET /a"))).status).toBe(204);
  });

  test("several documents are played at once, each under its own base path", async () => {
    const folder = folderOf({
      "one/api.json": api({ "/a": { get: ok } }, { servers: [{ url: "https://one.example/v1" }] }),
      "two/api.json": api({ "/a": { get: { responses: { 202: { description: "ok" } } } } }, { servers: [{ url: "/v2/" }] }),
    });
    const contract = await loadContract([`${folder}/one/api.json`, `${folder}/two/api.json`], { mode: "lenient", seed: 1 });
    expect((await answerOf(contract, ask("GET /v1/a"))).status).toBe(204);
    expect((await answerOf(contract, ask("GET /v2/a"))).status).toBe(202);
    expect(contract.declares(ask("GET /a"))).toBe(false);
  });

  test("the same path of two hosts is told apart by the host that is asked", async () => {
    const folder = folderOf({
      "one.json": api({ "/a": { get: ok } }, { servers: [{ url: "https://one.example" }] }),
      "two.json": api({ "/a": { get: { responses: { 202: { description: "ok" } } } } }, { servers: [{ url: "https://two.example:8443" }] }),
    });
    const contract = await loadContract([`${folder}/one.json`, `${folder}/two.json`], { mode: "lenient", seed: 1 });
    expect((await answerOf(contract, ask("GET http://one.example/a"))).status).toBe(204);
    expect((await answerOf(contract, ask("GET http://two.example/a"))).status).toBe(202);
  });

  test("variables of servers: each listed value, and anything where none is listed", async () => {
    const servers = [
      {
        url: "https://{region}.example.com/{stage}/api",
        variables: { region: { default: "eu" }, stage: { default: "live", enum: ["live", "test"] } },
      },
    ];
    const contract = await contractOf(api({ "/a": { get: ok } }, { servers }));
    expect(contract.declares(ask("GET https://kr.example.com/live/api/a"))).toBe(true);
    expect(contract.declares(ask("GET /test/api/a"))).toBe(true);
    expect(contract.declares(ask("GET /other/api/a"))).toBe(false);
  });

  test("servers of a path and of an operation win over those of the document", async () => {
    const contract = await contractOf(
      api(
        { "/a": { servers: [{ url: "/path" }], get: ok, post: { ...ok, servers: [{ url: "/operation" }] } } },
        { servers: [{ url: "/document" }] },
      ),
    );
    expect(contract.declares(ask("GET /path/a"))).toBe(true);
    expect(contract.declares(ask("POST /operation/a"))).toBe(true);
    expect(contract.declares(ask("GET /document/a"))).toBe(false);
  });

  test("concrete paths come before templated ones, segment by segment", async () => {
    const status = (code: number) => ({ get: { responses: { [code]: { description: "ok" } } } });
    const contract = await contractOf(
      api({
        "/{kind}/me": status(201),
        "/{kind}/{id}": status(202),
        "/users/{id}": status(203),
        "/users/{id}.json": status(206),
        "/users/me": status(205),
      }),
    );
    const asked = async (url: string) => (await answerOf(contract, ask(`GET ${url}`))).status;
    expect(await Promise.all(["/users/me", "/users/7", "/users/7.json", "/teams/me", "/teams/7", "/users/%6De"].map(asked))).toEqual([
      205, 203, 206, 201, 202, 205,
    ]);
  });

  test("a method that the most concrete path lacks is found at a templated one", async () => {
    const contract = await contractOf(api({ "/users/me": { get: ok }, "/users/{id}": { delete: ok } }));
    expect(contract.declares(ask("DELETE /users/me"))).toBe(true);
  });
});

describe("references", () => {
  const withFiles = {
    "api.yaml": api({ "/pets": { $ref: "paths/pets.yaml" } }),
    "paths/pets.yaml":
      "post:\n  parameters: [{$ref: '../parts.json#/limit'}]\n  requestBody: {$ref: '../parts.json#/bodies/Pet'}\n  responses: {204: {description: ok}}\n",
    "parts.json": {
      limit: { name: "limit", in: "query", schema: { $ref: "#/small" } },
      small: { type: "integer", maximum: 5 },
      bodies: { Pet: { content: { "application/json": { schema: { $ref: "schemas/pet.yaml" } } } } },
    },
    "schemas/pet.yaml": "type: object\nrequired: [name]\nproperties:\n  name: {type: string}\n  friend: {$ref: '#'}\n",
  };

  test("lead from file to file, and violations name the file that says so", async () => {
    const folder = folderOf(withFiles);
    const contract = await loadContract([path.join(folder, "api.yaml")], { mode: "lenient", seed: 1 });
    expect(contract.validateRequest(ask("POST /pets?limit=9", {}, { name: "a", friend: { friend: {} } }))).toEqual([
      { side: "request", at: "query.limit", message: "must be <= 5, got 9", rule: "parts.json#/small/maximum" },
      { side: "request", at: "body/friend", message: '"name" is missing', rule: "schemas/pet.yaml#/required" },
      { side: "request", at: "body/friend/friend", message: '"name" is missing', rule: "schemas/pet.yaml#/required" },
    ]);
  });

  test("of 3.1 keep what stands beside them, of 3.0 they do not", async () => {
    const components = { schemas: { Name: { type: "string" } } };
    const document = (openapi: string) =>
      api(
        { "/a": { get: { parameters: [{ name: "n", in: "query", schema: { $ref: "#/components/schemas/Name", maxLength: 2 } }], ...ok } } },
        { openapi, components },
      );
    expect(violationsOf(await contractOf(document("3.1.0")), ask("GET /a?n=abc"))).toEqual([
      'query.n must have at most 2 characters, got "abc"',
    ]);
    expect(violationsOf(await contractOf(document("3.0.0")), ask("GET /a?n=abc"))).toEqual([]);
  });

  test("may name an $anchor or the $id of a schema in 3.1", async () => {
    const components = {
      schemas: { A: { $anchor: "small", type: "integer", maximum: 5 }, B: { $id: "https://x.example/big", type: "integer", minimum: 5 } },
    };
    const parameter = (name: string, $ref: string) => ({ name, in: "query", schema: { $ref } });
    const contract = await contractOf(
      api({ "/a": { get: { parameters: [parameter("a", "#small"), parameter("b", "https://x.example/big")], ...ok } } }, { components }),
    );
    expect(violationsOf(contract, ask("GET /a?a=9&b=1"))).toEqual(["query.a must be <= 5, got 9", "query.b must be >= 5, got 1"]);
  });

  test("that lead nowhere name the nearest", async () => {
    const schemas = { Customer: { type: "object" } };
    const content = (ref: string) => ({ "application/json": { schema: { $ref: ref } } });
    const findings = await findingsOf(
      JSON.stringify(
        api(
          { "/a": { get: { responses: { 200: { description: "", content: content("#/components/schemas/Custmer") } } } } },
          { components: { schemas } },
        ),
        null,
        1,
      ),
    );
    expect(findings).toEqual([
      'api.yaml:16:18 #/paths/~1a/get/responses/200/content/application~1json/schema/$ref: "#/components/schemas/Custmer" leads nowhere: there is no "Custmer" in api.yaml#/components/schemas; did you mean "Customer"?',
    ]);
  });

  test("out of the folder, over the network and to files that are not there are refused", async () => {
    const folder = folderOf({ "outside.json": { type: "string" }, "in/api.json": "{}" });
    symlinkSync(path.join(folder, "outside.json"), path.join(folder, "in/link.json"));
    const schema = ($ref: string) => ({ name: $ref.replaceAll(/\W/g, ""), in: "query", schema: { $ref } });
    const refs = ["../outside.json", "link.json", "https://example.com/a.json", "file:///etc/passwd", "gone.yaml"];
    writeFileSync(path.join(folder, "in/api.json"), JSON.stringify(api({ "/a": { get: { parameters: refs.map(schema), ...ok } } })));
    const findings = await refusalOf(() => loadContract([path.join(folder, "in/api.json")], { mode: "lenient", seed: 1 }), folder);
    expect(findings.map((finding) => finding.replace(/^[^"]*/, ""))).toEqual([
      '"../outside.json" leaves the folder of the document, in; move the file below that folder',
      '"link.json" leaves the folder of the document, in; move the file below that folder',
      '"https://example.com/a.json" is not a file; nothing is fetched: put a copy beside the document and refer to it',
      '"file:///etc/passwd" is not a file; nothing is fetched: put a copy beside the document and refer to it',
      '"gone.yaml" leads nowhere: there is no file in/gone.yaml; correct the path; it is relative to the file that it stands in',
    ]);
  });

  test("a wider root lets documents share files above them", async () => {
    const folder = folderOf({
      "common.json": { type: "integer" },
      "in/api.json": api({ "/a": { get: { parameters: [{ name: "n", in: "query", schema: { $ref: "../common.json" } }], ...ok } } }),
    });
    mkdirSync(path.join(folder, "empty"));
    const contract = await loadContract([path.join(folder, "in/api.json")], { mode: "lenient", seed: 1, root: folder });
    expect(violationsOf(contract, ask("GET /a?n=x"))).toEqual(['query.n must be integer, got "x"']);
  });

  test("in circles are refused where nothing ends them, and followed where a property does", async () => {
    const circle = { components: { schemas: { A: { $ref: "#/components/schemas/B" }, B: { $ref: "#/components/schemas/A" } } } };
    const [first] = await findingsOf(api({ "/a": { get: ok } }, circle));
    expect(first).toContain("leads back to itself");
    const inPlace = { components: { schemas: { A: { anyOf: [{ type: "string" }, { $ref: "#/components/schemas/A" }] } } } };
    expect(await findingsOf(api({ "/a": { get: ok } }, inPlace))).toEqual(
      ["api.yaml:1:0 x".replace("1:0 x", expect.anything().toString())].map(() =>
        expect.stringContaining("this schema contains itself without a property or item in between"),
      ),
    );
    const schema = {
      type: "object",
      required: ["next"],
      properties: { next: { anyOf: [{ type: "null" }, { $ref: "#/components/schemas/A" }] } },
    };
    const contract = await contractOf(
      api(
        { "/a": { post: { requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/A" } } } }, ...ok } } },
        { components: { schemas: { A: schema } } },
      ),
    );
    expect(violationsOf(contract, ask("POST /a", {}, { next: { next: {} } }))).toHaveLength(3);
  });
});

describe("documents that cannot be used", () => {
  test("everything is told at once, by line", async () => {
    const findings = await findingsOf(
      [
        "openapi: 3.0.3",
        "info: {title: t, version: '1'}",
        "paths:",
        "  things:",
        "    get: {responses: {200: {description: ok}}}",
        "  /things/{id}:",
        "    get:",
        "      requestBdy: {}",
        "      parameters:",
        "        - {name: di, in: path, schema: {type: strng}}",
        "        - {name: q, in: body, schema: {type: string}}",
        "        - {name: d, in: query, style: deep, schema: {type: string, pattern: '['}}",
        "      security: [{tokn: []}]",
        "      responses: {ok: {description: ok}, 200: {description: ok, content: {json: {}}}}",
        "components:",
        "  securitySchemes: {token: {type: http, scheme: bearer}}",
        "  schemas:",
        "    A: {type: object, required: true, properties: [], minLength: 5, maxLength: 2, minmum: 3}",
        "",
      ].join("\n"),
    );
    expect(findings).toEqual([
      'api.yaml:4:3 #/paths/things: the path "things" must begin with a slash; write /things',
      'api.yaml:8:7 #/paths/~1things~1{id}/get/requestBdy: the unknown key "requestBdy" is left out; did you mean "requestBody"?',
      'api.yaml:10:11 #/paths/~1things~1{id}/get/parameters/0: the path parameter "di" does not stand in the path "/things/{id}" and is left out; did you mean "id"?',
      'api.yaml:10:41 #/paths/~1things~1{id}/get/parameters/0/schema/type: `type` must be a type of JSON, got "strng"; did you mean "string"?',
      'api.yaml:11:11 #/paths/~1things~1{id}/get/parameters/1: the parameter "q" must be in one of path, query, header, cookie, got body; this is Swagger 2.0: write `requestBody:` instead',
      'api.yaml:12:32 #/paths/~1things~1{id}/get/parameters/2/style: this `style` is not allowed here, got "deep"; write one of form, spaceDelimited, pipeDelimited, deepObject',
      expect.stringMatching(/^api\.yaml:12:68 .* the pattern "\[" is not checked: /),
      'api.yaml:13:19 #/paths/~1things~1{id}/get/security/0/tokn: there is no security scheme "tokn" in #/components/securitySchemes; did you mean "token"?',
      'api.yaml:14:19 #/paths/~1things~1{id}/get/responses/ok: "ok" is not a status; write a status such as 200, a range such as 2XX, or default',
      'api.yaml:14:75 #/paths/~1things~1{id}/get/responses/200/content/json: "json" is not a media type and is left out; write type and subtype: application/json',
      "api.yaml:18:23 #/components/schemas/A/required: `required` must be a list of names, got true; list the names of required properties in the object around it",
      "api.yaml:18:39 #/components/schemas/A/properties: this must be a mapping, got a list of 0; write it as `name: ...`",
      "api.yaml:18:55 #/components/schemas/A/minLength: `minLength` is 5 but `maxLength` is 2: nothing satisfies both; exchange or correct them",
      'api.yaml:18:83 #/components/schemas/A/minmum: the unknown keyword "minmum" is left out; did you mean "minimum"?',
    ]);
  });

  test.each([
    [{ swagger: "2.0", paths: {} }, "is Swagger 2.0", "npx swagger2openapi"],
    [{ openapi: "3.2.0", paths: {} }, "is OpenAPI 3.2.0", "write `openapi: 3.1.0`"],
    [{ paths: {} }, "it has no `openapi:`", "give the document"],
    [["a"], "it is no mapping", "openapi: 3.1.0"],
    [api({}), "declares no operation", "declare at least one operation"],
  ])("%j is refused with the way out", async (document, message, fix) => {
    const [finding] = await findingsOf(document);
    expect(finding).toContain(message);
    expect(finding).toContain(fix);
  });

  test("broken YAML, broken JSON and repeated keys are told by line", async () => {
    expect((await findingsOf("openapi: 3.0.3\npaths: {\n"))[0]).toMatch(/^api\.yaml:\d+:\d+: /);
    expect((await findingsOf('{"openapi": "3.0.3",\n"paths": [1,}'))[0]).toMatch(/^api\.yaml:2:\d+: .*; correct the JSON there$/);
    expect(await findingsOf("openapi: 3.0.3\npaths:\n  /a: {}\n  /a: {}\n")).toEqual([
      'api.yaml:4:3: the key "/a" is there twice; remove or rename one of them',
    ]);
  });

  test("a file that is not there is told", async () => {
    const folder = folderOf({});
    expect(await refusalOf(() => loadContract([`${folder}/no.yaml`], { mode: "lenient", seed: 1 }), folder)).toEqual([
      "no.yaml: does not exist; check the path",
    ]);
  });

  test("what would be followed wrongly is refused: $dynamicRef, and a list of schemas for items", async () => {
    const schemas = { A: { $dynamicRef: "#node" }, B: { type: "array", items: [{ type: "string" }] }, C: { $ref: 5 } };
    expect(
      (await findingsOf(api({ "/a": { get: ok } }, { components: { schemas } }))).map((finding) => finding.replace(/^\S+ /, "")),
    ).toEqual([
      "#/components/schemas/A/$dynamicRef: `$dynamicRef` is not followed; write `$ref` to the schema that is meant",
      "#/components/schemas/B/items: `items` must be one schema, got a list of 1; write a list of schemas below `prefixItems:`",
      "#/components/schemas/C/$ref: a reference must be text, got 5; write it as '#/components/schemas/Name'",
    ]);
  });

  test("one path of two documents is refused: nobody can tell which is meant", async () => {
    const folder = folderOf({ "1.json": api({ "/a": { get: ok } }), "2.json": api({ "/a": { get: ok } }) });
    expect(await refusalOf(() => loadContract([`${folder}/1.json`, `${folder}/2.json`], { mode: "lenient", seed: 1 }), folder)).toEqual([
      expect.stringContaining("GET /a is declared already, in 1.json"),
    ]);
  });

  test("what a mock does not play is let be: webhooks, callbacks, links, extensions, unknown keys", async () => {
    const contract = await contractOf(
      api(
        { "/a": { "x-own": 1, get: { ...ok, callbacks: { done: {} }, "x-thing": {}, codeSamples: [] } } },
        { webhooks: { hook: {} }, "x-top": true },
      ),
    );
    expect(contract.declares(ask("GET /a"))).toBe(true);
  });
});

describe("documents that are odd, as vendors write them", () => {
  const warningsOf = async (document: unknown) =>
    (await contractOf(document)).warnings.map(({ severity, message, fix }) => `${severity}: ${message}; ${fix}`);

  test("are used, with a warning that says how they are read", async () => {
    const content = { "application/json": { schema: { type: "string", min_length: 2, pattern: "(?<" } }, examples: {} };
    const paths = {
      "/a/{x}": {
        get: {
          parameters: [
            { name: "y", in: "path", required: true, schema: { type: "string" } },
            { name: "q", in: "query", required: true },
            { name: "q", in: "query" },
          ],
          responses: { 200: { descriptoin: "", content } },
        },
      },
      "/a/{z}": { get: ok },
    };
    const contract = await contractOf(api(paths));
    expect(contract.warnings.map(({ severity, message, fix }) => `${severity}: ${message}; ${fix}`)).toEqual([
      'warning: the path parameter "y" does not stand in the path "/a/{x}" and is left out; did you mean "x"?',
      'warning: the query parameter "q" is declared twice, and this one counts; remove one of them',
      'warning: the unknown key "descriptoin" is left out; did you mean "description"?',
      'warning: the unknown keyword "min_length" is left out; did you mean "minLength"?',
      expect.stringMatching(/^warning: the pattern "\(\?<" is not checked: /),
      'warning: "examples" is not a media type and is left out; write type and subtype: application/json',
      "warning: GET /a/{z} is never reached: GET /a/{x} is declared before it; remove one of them",
    ]);
    expect(contract.validateRequest(ask("GET /a/1"))).toEqual([]);
    expect((await answerOf(contract, ask("GET /a/1"))).status).toBe(200);
  });

  test("may write a query into a path: it has to be there, and then comes first", async () => {
    const status = (code: number) => ({ get: { responses: { [code]: { description: "" } } } });
    const contract = await contractOf(
      api({ "/a": status(201), "/a?beta=true": status(202), "/a?beta=true&v={v}": status(203), "/b?x": status(204) }),
    );
    const asked = async (url: string) => (await answerOf(contract, ask(`GET ${url}`))).status;
    expect(await Promise.all(["/a", "/a?beta=false", "/a?beta=true", "/a?v=1&beta=true&w=2", "/b?x=5"].map(asked))).toEqual([
      201, 201, 202, 203, 204,
    ]);
    expect(contract.declares(ask("GET /b"))).toBe(false);
    expect(contract.warnings).toEqual([]);
    expect(await findingsOf(api({ "/a#b": { get: ok } }))).toEqual([expect.stringContaining('the path "/a#b" has a fragment')]);
  });

  test("may keep an example in a file", async () => {
    const content = { "application/json": { schema: { type: "object", required: ["a"] }, example: { $ref: "example.json" } } };
    const folder = folderOf({
      "api.json": api({ "/a": { get: { responses: { 200: { description: "", content } } } } }),
      "example.json": { a: 5 },
    });
    const contract = await loadContract([path.join(folder, "api.json")], { mode: "lenient", seed: 1 });
    expect((await answerOf(contract, ask("GET /a"))).body).toEqual({ a: 5 });
    expect(contract.checkExamples()).toEqual([]);
  });

  test("may show examples that their schemas refuse, which is told when it is asked for", async () => {
    const schema = { type: "object", required: ["a"], properties: { a: { type: "integer" }, b: { type: "string", writeOnly: true } } };
    const content = {
      "application/json": { schema, examples: { good: { value: { a: 1 } }, bad: { value: { a: "x" } }, quoted: { value: '{"a": 1}' } } },
    };
    const requestBody = { content: { "application/json": { schema, example: { b: "sent" } } } };
    const contract = await contractOf(api({ "/a": { post: { requestBody, responses: { 200: { description: "", content } } } } }));
    expect(contract.warnings).toEqual([]);
    expect(
      contract.checkExamples().map(({ place, message, fix }) => `${place.path?.split("/").slice(-2).join("/")}: ${message}; ${fix}`),
    ).toEqual([
      'application~1json/example: the example is not as its schema says: "a" is missing; correct the example or the schema',
      'bad/value: the example "bad" is not as its schema says: a must be integer, got "x"; correct the example or the schema',
      'quoted/value: the example "quoted" is not as its schema says: must be object, got "{\\"a\\": 1}"; correct the example or the schema; an example of JSON is not quoted',
    ]);
    expect((await answerOf(contract, ask("POST /a", { Prefer: "example=bad" }, { a: 1 }))).body).toEqual({ a: "x" });
  });

  test("without oddities have no warnings", async () => {
    expect(await warningsOf(api({ "/a": { get: ok } }))).toEqual([]);
    for (const fixture of ["petstore.yaml", "payments.yaml", "forge.yaml", "todos.yaml", "mail/openapi.json"]) {
      const contract = await contractOfFixture(fixture);
      expect([...contract.warnings, ...contract.checkExamples()], fixture).toEqual([]);
    }
  });
});
