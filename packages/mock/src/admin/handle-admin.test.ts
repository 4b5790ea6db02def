import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { closeMocksAfterEach, runMock, stubId } from "./testing/running-mock.ts";

closeMocksAfterEach();

describe("the admin API", () => {
  test.each([
    ["GET", "/__admin/nope"],
    ["GET", "/__admin/health/"],
    ["GET", "/__admin//health"],
    ["GET", "/__admin/HEALTH"],
    ["HEAD", "/__admin/health"],
    ["POST", "/__admin/health"],
    ["PATCH", "/__admin/mappings"],
    ["OPTIONS", "/__admin/mappings"],
    ["GET", "/__admin/mappings/"],
    ["DELETE", "/__admin/files"],
  ])("knows no %s %s: 404 without a body", async (method, path) => {
    const { ask } = await runMock();
    const answer = await ask(method, path);
    expect(answer).toMatchObject({ status: 404, text: "" });
    expect(answer.headers["content-type"]).toBeUndefined();
  });

  test("leads to its root with a slash", async () => {
    const { ask, server } = await runMock();
    const { status, headers } = await ask("GET", "/__admin");
    expect([status, headers.location]).toEqual([302, `http://127.0.0.1:${server.port}/__admin/`]);
    expect((await ask("GET", "/__admin?x=1")).headers.location).toBe(`http://127.0.0.1:${server.port}/__admin/?x=1`);
  });

  test("leaves paths that only begin alike to the stubs", async () => {
    const { ask } = await runMock();
    await ask("POST", "/__admin/mappings", { request: { url: "/__adminx" }, response: { body: "stub" } });
    expect((await ask("GET", "/__adminx")).text).toBe("stub");
  });

  test("does not exist when it is off", async () => {
    const { ask } = await runMock({ admin: false });
    const answer = await ask("GET", "/__admin/health");
    expect(answer.status).toBe(404);
    expect(answer.text).toContain("No response could be served as there are no stub mappings");
  });

  test("is open to pages of any origin, credentials included", async () => {
    const { ask } = await runMock();
    const simple = await ask("GET", "/__admin/mappings", undefined, { headers: { Origin: "http://page.test" } });
    expect(simple.headers).toMatchObject({
      vary: "Origin",
      "access-control-allow-origin": "http://page.test",
      "access-control-allow-credentials": "true",
    });
    const headers = { Origin: "http://page.test", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "X-A, X-B" };
    const preflight = await ask("OPTIONS", "/__admin/mappings", undefined, { headers });
    expect(preflight.status).toBe(200);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": "http://page.test",
      "access-control-allow-methods": "OPTIONS,GET,POST,PUT,PATCH,DELETE",
      "access-control-allow-headers": "X-A,X-B",
      "access-control-max-age": "1800",
    });
    const other = await ask("OPTIONS", "/__admin/mappings", undefined, {
      headers: { ...headers, "Access-Control-Request-Method": "HEAD" },
    });
    expect(other.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("asks for its password, and a browser may ask before it has one", async () => {
    const { ask } = await runMock({ adminBasicAuth: { username: "u", password: "p:q" } });
    const authorization = (text: string) => ({ headers: { Authorization: `Basic ${Buffer.from(text).toString("base64")}` } });
    expect(await ask("GET", "/__admin/health")).toMatchObject({ status: 401, text: "" });
    expect((await ask("GET", "/__admin/nope")).status).toBe(401);
    expect((await ask("GET", "/__admin/health", undefined, authorization("u:wrong"))).status).toBe(401);
    expect((await ask("GET", "/__admin/health", undefined, authorization("u:p:q"))).status).toBe(200);
    const preflight = { Origin: "http://page.test", "Access-Control-Request-Method": "POST" };
    expect((await ask("OPTIONS", "/__admin/health", undefined, { headers: preflight })).status).toBe(200);
    expect((await ask("GET", "/stub")).status).toBe(404);
  });

  test("answers over HTTPS only when told so", async () => {
    const { ask } = await runMock({ adminRequireHttps: true, https: { port: 0 } });
    const refused = await ask("GET", "/__admin/health");
    expect(refused).toMatchObject({
      status: 403,
      json: { errors: [{ code: 40, title: "HTTPS is required for accessing the admin API" }] },
    });
    expect((await ask("GET", "/__admin/health", undefined, { secure: true })).status).toBe(200);
  });

  test("says how it is and what it speaks", async () => {
    const { ask } = await runMock();
    expect((await ask("GET", "/__admin/health")).json).toMatchObject({
      status: "healthy",
      message: "Wiremock is ok",
      version: "3.13.2",
      uptimeInSeconds: expect.any(Number),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect((await ask("GET", "/__admin/version")).json).toMatchObject({ version: "3.13.2" });
    const plain = await ask("GET", "/__admin/version", undefined, { headers: { Accept: "text/plain" } });
    expect([plain.text, plain.headers["content-type"]]).toEqual(["3.13.2", "text/plain"]);
  });

  test("lists its routes as a page and as an OpenAPI document", async () => {
    const { ask } = await runMock();
    const page = await ask("GET", "/__admin/docs");
    expect(page.headers["content-type"]).toBe("text/html");
    expect(page.text).toContain("/__admin/mappings/import");
    const { json } = await ask("GET", "/__admin/docs/swagger");
    expect(json.openapi).toBe("3.0.0");
    expect(Object.keys(json.paths["/__admin/mappings/{id}"])).toEqual(["get", "put", "delete"]);
  });

  test("has no certificate authority without browser proxying", async () => {
    const { ask } = await runMock();
    expect((await ask("GET", "/__admin/certs/wiremock-ca.crt")).status).toBe(404);
    const proxy = await runMock({ proxy: { browser: true } });
    const authority = await proxy.ask("GET", "/__admin/certs/wiremock-ca.crt");
    expect([authority.status, authority.headers["content-type"]]).toEqual([200, "application/x-pem-file"]);
    expect(authority.text).toMatch(/^-----BEGIN CERTIFICATE-----/);
  });

  test("ends the server after the answer is sent", async () => {
    const { ask, server } = await runMock();
    expect(await ask("POST", "/__admin/shutdown")).toMatchObject({ status: 200, text: "" });
    await server.closed;
    await expect(ask("GET", "/__admin/health")).rejects.toThrow("ECONNREFUSED");
  });
});

describe("scenarios", () => {
  test("are listed with their states and stubs, set, and reset", async () => {
    const { ask } = await withScenario();
    const listed = await ask("GET", "/__admin/scenarios");
    expect(listed.json.scenarios).toEqual([
      {
        id: "A b",
        name: "A b",
        state: "Started",
        possibleStates: expect.arrayContaining(["Started", "Next"]),
        mappings: [expect.objectContaining({ id: stubId(1), uuid: stubId(1) })],
      },
    ]);
    const state = async () => (await ask("GET", "/__admin/scenarios")).json.scenarios[0].state;
    expect(await ask("PUT", "/__admin/scenarios/A%20b/state", { state: "Next" })).toMatchObject({ status: 200, text: "{}" });
    expect(await state()).toBe("Next");
    expect((await ask("PUT", "/__admin/scenarios/A%20b/state")).status).toBe(200);
    expect(await state()).toBe("Started");
    await ask("GET", "/");
    expect(await state()).toBe("Next");
    expect(await ask("POST", "/__admin/scenarios/reset")).toMatchObject({ status: 200, text: "{}" });
    expect(await state()).toBe("Started");
  });

  test.each([
    ["A%20b", { state: "No" }, 422, 11, "Scenario A b does not support state No"],
    ["A%20b", {}, 422, 11, "Scenario A b does not support state null"],
    ["A%20b", { state: null }, 422, 11, "Scenario A b does not support state null"],
    ["A%20b", { state: "Next", x: 1 }, 422, 10, "Error parsing JSON"],
    ["A%20b", [], 422, 10, "Error parsing JSON"],
    ["A%20b", "{", 422, 10, "Error parsing JSON"],
    ["Nope", { state: "No" }, 404, 404, "Scenario Nope does not exist"],
    ["Nope", undefined, 404, 404, "Scenario Nope does not exist"],
    ["Nope", {}, 404, 404, "Scenario Nope does not exist"],
  ])("refuse %s %j", async (name, body, status, code, title) => {
    const { ask } = await withScenario();
    const refused = await ask("PUT", `/__admin/scenarios/${name}/state`, body);
    expect(refused.status).toBe(status);
    expect(refused.json.errors[0]).toMatchObject({ code, title });
  });

  async function withScenario() {
    const mock = await runMock();
    const stub = { id: stubId(1), scenarioName: "A b", requiredScenarioState: "Started", newScenarioState: "Next" };
    await mock.ask("POST", "/__admin/mappings", stub);
    return mock;
  }
});

describe("settings", () => {
  test("are replaced as a whole, bare or wrapped, by POST or PUT", async () => {
    const { ask } = await runMock();
    const settings = async () => (await ask("GET", "/__admin/settings")).json;
    expect(await settings()).toEqual({ settings: { proxyPassThrough: true } });
    expect(await ask("PUT", "/__admin/settings", { fixedDelay: 5 })).toMatchObject({ status: 200, text: "" });
    expect(await settings()).toEqual({ settings: { fixedDelay: 5, proxyPassThrough: false } });
    await ask("POST", "/__admin/settings", {
      settings: { delayDistribution: { type: "uniform", lower: 1, upper: 2 }, proxyPassThrough: true },
    });
    expect(await settings()).toEqual({
      settings: { delayDistribution: { type: "uniform", lower: 1, upper: 2 }, proxyPassThrough: true },
    });
    await ask("POST", "/__admin/settings", { fixedDelay: "12" });
    expect((await settings()).settings.fixedDelay).toBe(12);
    await ask("POST", "/__admin/settings", {});
    expect(await settings()).toEqual({ settings: { proxyPassThrough: false } });
  });

  test("extended ones are changed one by one", async () => {
    const { ask } = await runMock();
    await ask("POST", "/__admin/settings", { fixedDelay: 1, extended: { a: 1, b: { c: 2 } } });
    expect(await ask("PATCH", "/__admin/settings/extended", { extended: { b: { d: 3 }, a: null, e: [4] } })).toMatchObject({
      status: 200,
      text: "{}",
    });
    expect((await ask("GET", "/__admin/settings")).json.settings).toMatchObject({ fixedDelay: 1, extended: { b: { d: 3 }, e: [4] } });
  });

  test.each([
    ["POST", "/__admin/settings", { x: 1 }, "/x"],
    ["POST", "/__admin/settings", { settings: { x: 1 } }, "/settings/x"],
    ["POST", "/__admin/settings", { fixedDelay: "x" }, "/fixedDelay"],
    ["POST", "/__admin/settings", { fixedDelay: -1 }, "/fixedDelay"],
    ["POST", "/__admin/settings", { extended: 5 }, "/extended"],
    ["POST", "/__admin/settings", [], "/"],
    ["POST", "/__admin/settings", "null", "/"],
    ["POST", "/__admin/settings", "", "/"],
    ["PATCH", "/__admin/settings/extended", { b: 1 }, "/b"],
    ["PATCH", "/__admin/settings/extended", {}, "/extended"],
    ["PATCH", "/__admin/settings/extended", "null", "/"],
  ])("%s %s refuses %j", async (method, path, body, pointer) => {
    const { ask } = await runMock();
    const refused = await ask(method, path, body);
    expect(refused.status).toBe(422);
    expect(refused.json.errors).toHaveLength(1);
    expect(refused.json.errors[0].source.pointer).toBe(pointer);
    expect((await ask("GET", "/__admin/settings")).json.settings).toEqual({ proxyPassThrough: true });
  });
});

describe("files", () => {
  test("are written, listed, read and removed, folders included", async () => {
    const { ask } = await runMock();
    expect((await ask("GET", "/__admin/files")).text).toBe("[ ]");
    const put = await ask("PUT", "/__admin/files/sub/dir/b.json", '{"a":1}');
    expect([put.status, put.text]).toEqual([200, '"eyJhIjoxfQ=="']);
    await ask("PUT", "/__admin/files/a.txt?x=1", "hello");
    expect((await ask("GET", "/__admin/files")).json).toEqual(["a.txt", "sub/dir/b.json"]);
    const got = await ask("GET", "/__admin/files/sub/dir/b.json");
    expect([got.status, got.text, got.headers["content-type"]]).toEqual([200, '{"a":1}', undefined]);
    await ask("POST", "/__admin/mappings", { response: { bodyFileName: "a.txt" } });
    expect((await ask("GET", "/")).text).toBe("hello");
    expect(await ask("DELETE", "/__admin/files/a.txt")).toMatchObject({ status: 200, text: "" });
    expect(await ask("DELETE", "/__admin/files/a.txt")).toMatchObject({ status: 200, text: "" });
    expect(await ask("GET", "/__admin/files/a.txt")).toMatchObject({ status: 404, text: "" });
  });

  test.each(["../evil.txt", "a/../../evil.txt", "/etc/evil", "..%5cevil/../../x", ""])(
    "outside the folder are refused: %j",
    async (name) => {
      const root = mkdtempSync(join(tmpdir(), "dojang-mock-admin-"));
      try {
        const { ask } = await runMock({ directory: root });
        for (const method of ["GET", "PUT", "DELETE"]) {
          const refused = await ask(method, `/__admin/files/${name}`, method === "PUT" ? "x" : undefined);
          expect(refused.status, method).toBe(403);
          expect(refused.json.errors[0]).toMatchObject({ code: 50, title: expect.stringContaining("does not name a file inside") });
        }
        expect(readdirSync(root)).toEqual([]);
      } finally {
        rmSync(root, { recursive: true });
      }
    },
  );
});
