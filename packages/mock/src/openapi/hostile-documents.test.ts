import { describe, expect, test } from "vitest";
import { Random } from "./samples/random.ts";
import { answerOf, api, apiOf, ask, contractOf, contractOfFixture, findingsOf, violationsOf } from "./testing/contract-of.ts";
import { randomValue } from "./testing/random-schema.ts";

/** Work that grows with the square of these sizes takes minutes; the runner's limit of one minute is what these tests are held to. */
const ok = { responses: { 204: { description: "ok" } } };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const numbered = <Value>(count: number, make: (index: number) => Value) => Array.from({ length: count }, (_, index) => make(index));

describe("documents meant to hang or to end a mock", () => {
  test("nesting without end is refused", async () => {
    expect((await findingsOf(`${"[".repeat(100_000)}${"]".repeat(100_000)}`))[0]).toContain("nested");
    expect((await findingsOf(`a: ${"{a: ".repeat(5_000)}1${"}".repeat(5_000)}`))[0]).toContain("nested");
    let schema: unknown = { type: "string" };
    for (let depth = 0; depth < 300; depth++) schema = { type: "object", properties: { a: schema } };
    expect((await findingsOf(apiOf(schema)))[0]).toContain("is nested more than 200 levels deep");
  });

  test("anchors of YAML that multiply, contain themselves or stack up are refused", async () => {
    const laughs = [
      "a: &a0 [x]",
      ...numbered(9, (index) => `b${index}: &a${index + 1} [${numbered(9, () => `*a${index}`).join(", ")}]`),
    ].join("\n");
    expect((await findingsOf(laughs))[0]).toContain("its anchors stand for more than 10000 copies");
    expect((await findingsOf("openapi: 3.1.0\npaths: &p\n  /a: *p\n"))[0]).toContain("nested");
    const stacked = [
      "s0: &s0 {type: string}",
      ...numbered(300, (index) => `s${index + 1}: &s${index + 1} {properties: {a: *s${index}}}`),
    ].join("\n");
    expect((await findingsOf(`openapi: 3.1.0\n${stacked}\n`))[0]).toMatch(/is nested more than|its anchors stand for more than/);
  });

  test("10,000 paths are read, and each is found", async () => {
    const parameters = [{ name: "id", in: "path", required: true, schema: { type: "integer" } }];
    const paths = Object.fromEntries(
      numbered(10_000, (index) => [
        `/things${index}/{id}`,
        { get: { parameters, responses: { 200: { description: "", content: { "application/json": { schema: ref("Thing") } } } } } },
      ]),
    );
    const contract = await contractOf(
      api(paths, { components: { schemas: { Thing: { type: "object", properties: { a: { const: 1 } } } } } }),
      { mode: "strict" },
    );
    expect((await answerOf(contract, ask("GET /things9999/1"))).body).toEqual({ a: 1 });
    for (let count = 0; count < 20; count++) expect((await answerOf(contract, ask(`GET /thing${count}/x/y`))).status).toBe(404);
  });

  test("10,000 templates of one segment are read, and each is found", async () => {
    const paths = Object.fromEntries(numbered(10_000, (index) => [`/{a}.x${index}`, { get: ok }]));
    const contract = await contractOf(api(paths));
    for (const index of [0, 5_000, 9_999]) expect(contract.declares(ask(`GET /name.x${index}`))).toBe(true);
  });

  test("10,000 references that lead nowhere, and as many unknown keys, are told as far as anybody reads", async () => {
    const schemas = Object.fromEntries(
      numbered(10_000, (index) => [`Schema${index}`, { ...ref(`Schma${index}`), [`descriptoin${index}`]: 1 }]),
    );
    const findings = await findingsOf(
      api(
        { "/a": { get: { ...ok, ...Object.fromEntries(numbered(10_000, (index) => [`sumary${index}`, 1])) } } },
        { components: { schemas } },
      ),
    );
    expect(findings.length).toBeGreaterThanOrEqual(100);
    expect(findings.length).toBeLessThanOrEqual(200);
  });

  test("10,000 schemas that refer one to the next are followed or refused, in a schema, a sample and a value", async () => {
    const schemas = Object.fromEntries(
      numbered(10_000, (index) => [`S${index}`, index === 9_999 ? { type: "string" } : { allOf: [ref(`S${index + 1}`)] }]),
    );
    const contract = await contractOf(apiOf(ref("S0"), { components: { schemas } }));
    expect(violationsOf(contract, ask("POST /things", {}, { a: 1 }))).toHaveLength(1);
    expect([200, 500]).toContain((await answerOf(contract, ask("POST /things", {}, {}))).status);
  });

  test("1,000 schemas that extend one another are told apart", async () => {
    const schemas = {
      Base: { type: "object", required: ["kind"], properties: { kind: { type: "string" } }, discriminator: { propertyName: "kind" } },
      ...Object.fromEntries(numbered(1_000, (index) => [`K${index}`, { allOf: [ref(index === 0 ? "Base" : `K${index - 1}`)] }])),
    };
    const contract = await contractOf(apiOf(ref("Base"), { components: { schemas } }));
    expect(violationsOf(contract, ask("POST /things", {}, { kind: "K3" }))).toEqual([]);
    expect(violationsOf(contract, ask("POST /things", {}, { kind: "none" })).length).toBeGreaterThan(0);
  });

  test("an enum of 100,000 values is looked up, and a discriminator with it too", async () => {
    const values = numbered(100_000, (index) => `value-${index}`);
    const contract = await contractOf(apiOf({ type: "array", items: { enum: values } }));
    expect(violationsOf(contract, ask("POST /things", {}, values))).toEqual([]);
    expect(violationsOf(contract, ask("POST /things", {}, ["value-1", "valu-2"]))).toHaveLength(1);
    expect((await answerOf(contract, ask("POST /things", {}, []))).status).toBe(200);
  });

  test("alternatives inside alternatives multiply no further than a budget", async () => {
    const branch = (more: unknown) => ({ type: "object", properties: { next: ref("Node"), ...Object(more) } });
    const schemas = {
      Node: { anyOf: numbered(4, (index) => branch({ [`p${index}`]: { type: "string" } })), properties: { end: { type: "boolean" } } },
    };
    const contract = await contractOf(apiOf(ref("Node"), { components: { schemas } }));
    let value: unknown = { end: 5 };
    for (let depth = 0; depth < 60; depth++) value = { next: value };
    expect(violationsOf(contract, ask("POST /things", {}, value)).join()).toContain("takes too many steps");
    expect((await answerOf(contract, ask("POST /things", {}, {}))).status).toBe(200);
  });

  test("patterns that make others hang are run in bounded time", async () => {
    const contract = await contractOf(apiOf({ type: "string", pattern: "^(([a-z])+.)+[A-Z]([a-z])+$" }));
    expect(
      violationsOf(contract, ask("POST /things", { "Content-Type": "application/json" }, JSON.stringify("a".repeat(50_000)))),
    ).toHaveLength(1);
  });

  test("a schema whose smallest value is enormous gives no sample, and says so", async () => {
    const levels = Object.fromEntries(
      numbered(12, (index) => [
        `L${index}`,
        { type: "array", minItems: 50, items: index === 11 ? { type: "integer" } : ref(`L${index + 1}`) },
      ]),
    );
    const contract = await contractOf(apiOf(ref("L0"), { components: { schemas: levels } }));
    expect(await answerOf(contract, ask("POST /things", {}, []))).toMatchObject({
      status: 500,
      body: { detail: expect.stringContaining("more than 20000 values") },
    });
    const long = await contractOf(apiOf({ type: "string", minLength: 1_000_000_000 }));
    expect((await answerOf(long, ask("POST /things", {}, {}))).status).toBe(500);
  });
});

describe("requests meant to hang or to end a mock", () => {
  test("200,000 items that have to differ are compared once each", async () => {
    const contract = await contractOf(apiOf({ type: "array", uniqueItems: true, items: { type: "object" } }));
    expect(
      violationsOf(
        contract,
        ask(
          "POST /things",
          {},
          numbered(200_000, (index) => ({ index })),
        ),
      ),
    ).toEqual([]);
  });

  test("a million wrong items are told as one", async () => {
    const contract = await contractOf(apiOf({ type: "array", items: { type: "string" } }));
    expect(violationsOf(contract, ask("POST /things", { "Content-Type": "application/json" }, `[${"1,".repeat(999_999)}1]`))).toHaveLength(
      1,
    );
    expect(violationsOf(contract, ask("POST /things", { "Content-Type": "application/json" }, `[${"1,".repeat(9_999)}1]`))).toHaveLength(
      100,
    );
  });

  test("a body nested 100,000 deep is refused", async () => {
    const schemas = { List: { type: "array", items: ref("List") } };
    const contract = await contractOf(apiOf(ref("List"), { components: { schemas } }));
    const body = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(violationsOf(contract, ask("POST /things", { "Content-Type": "application/json" }, body)).join()).toMatch(
      /nested too deeply|not JSON/,
    );
  });

  test("long headers, queries, forms and paths are read in one go", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const long = 50_000;
    const requests = [
      ask("GET /v1/pets", { Accept: "a/b;q=0.1,".repeat(long / 10), Prefer: "x=y,".repeat(long / 4) }),
      ask("GET /v1/pets", { Accept: '"'.repeat(long), Prefer: 'a="'.repeat(long / 3) }),
      ask(`GET /v1/pets?${"box[a][b][c]=1&".repeat(long)}`),
      ask(`GET /v1/pets?${numbered(long, (index) => `box[${index}]=1`).join("&")}`),
      ask(`GET /v1/pets?status=${",".repeat(long)}`),
      ask(`GET /${"a/".repeat(long)}`),
      ask(`GET /v1/report.${".".repeat(long)}`),
      ask("POST /v1/pets", { "Content-Type": "application/x-www-form-urlencoded" }, numbered(long, (index) => `n${index}=1`).join("&")),
      ask("POST /v1/pets", { "Content-Type": `application/json;${"a=b;".repeat(long / 4)}` }, "{}"),
    ];
    for (const request of requests) {
      contract.validateRequest(request);
      await contract.respond(request);
    }
    expect(requests).toHaveLength(9);
  });
});

describe("whatever is sent", () => {
  test("nothing throws: random requests to every fixture, in both modes", async () => {
    const random = new Random(42);
    const pick = (...choices: string[]) => random.pick(choices) ?? "";
    const junk = () =>
      pick("", "x", "1", "-1", "%", "%zz", "%00", "\u{1F600}", "a,b", ";=", "[]", "null", "..", "a%2Fb", "'\"<>", "9".repeat(400));
    let asked = 0;
    for (const [fixture, paths] of Object.entries({
      "petstore.yaml": ["/v1/pets", "/v1/pets/ID", "/v1/pets/ID/photo", "/v1/report.ID", "/v1/matrix/;points=ID/.ID"],
      "payments.yaml": ["/v1/charges", "/v1/charges/ID", "/v1/charges/ID:capture", "/v1/events/ID"],
      "mail/openapi.json": ["/api/messages", "/api/messages/ID"],
      "todos.yaml": ["/todos", "/todos/ID", "/todos/1", "/users/ID/notes", "/users/ID/notes/ID"],
    })) {
      for (const mode of ["strict", "lenient"] as const) {
        const contract = await contractOfFixture(fixture, { mode });
        for (let count = 0; count < 150; count++) {
          const query = numbered(
            random.integer(0, 3),
            () => `${pick("limit", "status", "box[from]", "created[gte]", "filter", "q", junk())}=${junk()}`,
          ).join("&");
          const url = `${pick(...paths).replaceAll("ID", () => encodeURI(junk()))}${query === "" ? "" : `?${query}`}`;
          const type = pick(
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=b",
            "text/plain",
            "image/png",
            "application/xml",
            junk(),
          );
          const headers = {
            "Content-Type": type,
            Accept: pick("*/*", "application/json", "text/*;q=0", junk()),
            Prefer: pick("", "dynamic=true", `code=${pick("200", "404", "500", "x")}`, `example=${junk()}`),
            Authorization: pick("", "Basic YTpi", "Bearer x", junk()),
            Cookie: `sid=${junk()}`,
            "X-Range": junk(),
          };
          const body = pick(
            JSON.stringify(randomValue(random)),
            junk(),
            '--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\nx\r\n--b--',
            "a=1&b[c]=2&b[]=3",
          );
          const request = ask(
            `${pick("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PURGE")} ${url}`,
            headers,
            body,
          );
          contract.declares(request);
          const violations = contract.validateRequest(request);
          const answer = await contract.respond(request);
          const status = random.integer(100, 599);
          contract.validateResponse(request, {
            status,
            headers: new Map([
              ["content-type", type],
              ["x-total-count", junk()],
            ]),
            body: Buffer.from(body),
          });
          asked++;
          if (mode === "strict" && violations.length > 0) expect(answer?.status, url).toBeGreaterThanOrEqual(400);
        }
      }
    }
    expect(asked).toBe(1_200);
  });
});
