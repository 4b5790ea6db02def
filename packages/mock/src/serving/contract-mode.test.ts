import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MockOptions, MockServer } from "../contract.ts";
import { startMock } from "./start-mock.ts";
import { admin, ask, stub } from "./testing/ask.ts";

let folder: string;
let server: MockServer | undefined;

const api = {
  openapi: "3.1.0",
  info: { title: "Things", version: "1" },
  paths: {
    "/things/{id}": {
      get: {
        parameters: [
          { name: "id", in: "path", required: true, schema: { type: "integer" } },
          { name: "limit", in: "query", schema: { type: "integer", maximum: 10 } },
        ],
        responses: {
          "200": {
            description: "one",
            content: {
              "application/json": {
                schema: { type: "object", required: ["id"], properties: { id: { type: "integer" } } },
                example: { id: 7 },
              },
            },
          },
        },
      },
    },
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-mock-"));
  await writeFile(join(folder, "api.json"), JSON.stringify(api));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function start(options: MockOptions): Promise<MockServer> {
  server = await startMock({ listen: { port: 0, address: "127.0.0.1" }, openapi: [join(folder, "api.json")], ...options });
  return server;
}

const json = { "Content-Type": "application/json" };
const templated = (body: string) => ({
  request: { urlPathPattern: "/things/.*" },
  response: { body, headers: json, transformers: ["response-template"] },
});

test("what no stub matches is answered from the contract, and noted as such", async () => {
  const mock = await start({});
  const answer = await ask(mock, "/things/1");
  expect(answer).toMatchObject({ status: 200, text: '{"id":7}' });
  expect(mock.world.journal.all()[0]).toMatchObject({ answeredBy: "contract", stub: undefined, violations: [] });
  await stub(mock, { request: { url: "/things/1" }, response: { jsonBody: { id: 8 }, headers: json } });
  expect((await ask(mock, "/things/1")).text).toBe('{"id":8}');
  expect((await ask(mock, "/elsewhere")).status).toBe(404);
});

test("lenient: a request that breaks the contract is answered all the same, and the journal says what was wrong", async () => {
  const mock = await start({ mode: "lenient" });
  await stub(mock, { request: { urlPath: "/things/2" }, response: { jsonBody: { id: 2 }, headers: json } });
  expect((await ask(mock, "/things/1?limit=11")).status).toBe(200);
  expect((await ask(mock, "/things/2?limit=11")).text).toBe('{"id":2}');
  for (const event of mock.world.journal.all())
    expect(event.violations).toMatchObject([{ side: "request", at: expect.stringContaining("limit") }]);
});

test("strict: a request that breaks the contract is refused with what is wrong, stub or not", async () => {
  const mock = await start({ mode: "strict" });
  await stub(mock, { request: { urlPath: "/things/2" }, response: { jsonBody: { id: 2 }, headers: json } });
  for (const path of ["/things/1?limit=11", "/things/2?limit=11", "/things/x"]) {
    const answer = await ask(mock, path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.text).toMatch(/limit|id/);
  }
  expect((await ask(mock, "/things/2?limit=10")).text).toBe('{"id":2}');
  expect(mock.world.journal.all().map(({ violations }) => violations.length > 0)).toEqual([false, true, true, true]);
});

test("strict: a request for what the contract does not know is refused unless a stub answers it", async () => {
  const mock = await start({ mode: "strict" });
  const answer = await ask(mock, "/elsewhere");
  expect(answer.status).toBe(404);
  expect(answer.headers["content-type"]).toContain("application/problem+json");
  await stub(mock, { request: { url: "/elsewhere" }, response: { status: 299 }, metadata: { dojang: { contract: "ignore" } } });
  expect((await ask(mock, "/elsewhere")).status).toBe(299);
});

test("strict: a refusal of what the contract does not know is no answer, an OPTIONS of what it knows is", async () => {
  const mock = await start({ mode: "strict" });
  await ask(mock, "/elsewhere");
  await ask(mock, "/things/1", { method: "DELETE" });
  await ask(mock, "/things/1", { method: "OPTIONS" });
  expect(mock.world.journal.all().map(({ answeredBy }) => answeredBy)).toEqual(["contract", "nothing", "nothing"]);
  const unmatched = JSON.parse((await ask(mock, "/__admin/requests/unmatched")).text);
  expect(unmatched.requests).toMatchObject([{ url: "/things/1" }, { url: "/elsewhere" }]);
  const entry = JSON.parse((await ask(mock, "/__admin/requests")).text).requests.at(-1);
  expect(entry).toMatchObject({ wasMatched: false, response: { status: 404, body: expect.stringContaining("/elsewhere") } });
});

test("a stub's answer that breaks the contract is noted in lenient mode and replaced in strict mode", async () => {
  const lenient = await start({ mode: "lenient" });
  await stub(lenient, templated('{"id": "{{request.query.as}}"}'));
  expect((await ask(lenient, "/things/1?as=x")).text).toBe('{"id": "x"}');
  expect(lenient.world.journal.all()[0]?.violations).toMatchObject([{ side: "response" }]);
  await lenient.close();
  const strict = await start({ mode: "strict" });
  await stub(strict, templated('{"id": {{request.query.as}} }'));
  expect((await ask(strict, "/things/1?as=5")).text).toBe('{"id": 5 }');
  const answer = await ask(strict, "/things/1?as=null");
  expect(answer.status).toBe(500);
  expect(JSON.parse(answer.text)).toMatchObject({
    title: "The stub's answer breaks the contract.",
    violations: [{ at: expect.stringContaining("id") }],
  });
});

test("strict: a stub that breaks the contract on purpose does, and the journal still says so", async () => {
  const mock = await start({ mode: "strict" });
  await stub(mock, { ...templated('{"id": "wrong"}'), metadata: { dojang: { contract: "ignore" } } });
  expect((await ask(mock, "/things/1?limit=11")).text).toBe('{"id": "wrong"}');
  expect(mock.world.journal.all()[0]?.violations.map(({ side }) => side)).toEqual(["request", "response"]);
});

test("a target's answer is held against the contract too", async () => {
  const target = createServer((_request, response) => {
    response.writeHead(200, json);
    response.end('{"id": "no number"}');
  });
  await new Promise<void>((resolve) => {
    target.listen(0, "127.0.0.1", resolve);
  });
  const address = target.address();
  const proxyBaseUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const mock = await start({ mode: "strict" });
  await stub(mock, { request: { urlPathPattern: "/things/.*" }, response: { proxyBaseUrl } });
  expect((await ask(mock, "/things/1")).status).toBe(500);
  target.closeAllConnections();
  target.close();
});

test("a stub that can only break the contract is refused when it is added, and when it is in a file", async () => {
  const wrong = {
    request: { method: "GET", urlPath: "/things/1" },
    response: { status: 200, jsonBody: { id: "no number" }, headers: json },
  };
  const mock = await start({});
  const refused = await ask(mock, "/__admin/mappings", { body: JSON.stringify(wrong) });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain("api.json");
  expect(mock.world.stubs.all()).toEqual([]);
  await expect(admin(mock, "POST", "/mappings/import", { mappings: [{ request: { url: "/fine" }, response: {} }, wrong] })).rejects.toThrow(
    "422",
  );
  expect(mock.world.stubs.all()).toEqual([]);
  await mkdir(join(folder, "mappings"));
  await writeFile(join(folder, "mappings", "wrong.json"), JSON.stringify(wrong));
  await expect(start({ directory: folder })).rejects.toMatchObject({
    code: "stub-breaks-contract",
    findings: [expect.objectContaining({ message: expect.stringContaining("api.json") })],
  });
});

test("a document with a mistake is refused with its place, and nothing listens", async () => {
  await writeFile(
    join(folder, "api.json"),
    JSON.stringify({ ...api, paths: { "/x": { get: { responses: { "200": { $ref: "#/nowhere" } } } } } }),
  );
  await expect(start({})).rejects.toMatchObject({
    name: "Problem",
    findings: [expect.objectContaining({ place: expect.objectContaining({ file: expect.stringContaining("api.json") }) })],
  });
});
