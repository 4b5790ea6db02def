import { expect, test } from "vitest";
import { closeMocksAfterEach, type RunningMock, runMock, stubId } from "./testing/running-mock.ts";

closeMocksAfterEach();

/**
 * Whatever is sent to the admin API is answered: with what it asks for, or with an error of the client's. A seed gives the same
 * requests each time; a failure names the request.
 */
test.each([1, 2, 3, 4, 5, 6])("no JSON on any route is answered with a bug, nor not at all: seed %i", async (seed) => {
  const random = createRandom(seed);
  const { ask } = await runMock();
  for (let index = 0; index < 250; index++) {
    const [method, path] = random.pick(routes);
    const body = bodyFor(random, path);
    const asked = `${method} ${path} ${body}`;
    const answer = await answered(ask, { method, path: pathFor(random, path), body }, asked);
    expect(answer.status, `${asked} -> ${answer.text}`).toBeLessThan(500);
    // Traffic in between, so that journal, scenarios and stubs are not empty.
    if (index % 5 === 0)
      await ask("POST", "/things?x=1", "a=b", { headers: { "Content-Type": "application/x-www-form-urlencoded" } }).catch(faulted);
  }
  expect((await ask("GET", "/__admin/health")).status).toBe(200);
});

test("a body of nothing but brackets, and one of long strings, are answered", async () => {
  const { ask } = await runMock();
  for (const body of [
    "[".repeat(200_000),
    `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
    JSON.stringify({ name: "x".repeat(2_000_000) }),
  ]) {
    for (const [method, path] of routes) {
      if (method === "GET" || path.startsWith("/files")) continue;
      const answer = await ask(method, `/__admin${path}`, body);
      expect(answer.status, `${method} ${path} ${body.slice(0, 20)}`).toBeLessThan(500);
    }
  }
}, 120_000);

const routes: readonly (readonly [method: string, path: string])[] = [
  ["GET", "/"],
  ["GET", "/mappings"],
  ["POST", "/mappings"],
  ["POST", "/mappings"],
  ["DELETE", "/mappings"],
  ["POST", "/mappings/edit"],
  ["POST", "/mappings/save"],
  ["POST", "/mappings/reset"],
  ["GET", "/mappings/unmatched"],
  ["DELETE", "/mappings/unmatched"],
  ["GET", "/mappings/{id}"],
  ["PUT", "/mappings/{id}"],
  ["DELETE", "/mappings/{id}"],
  ["POST", "/mappings/remove"],
  ["POST", "/mappings/find-by-metadata"],
  ["POST", "/mappings/remove-by-metadata"],
  ["POST", "/mappings/import"],
  ["GET", "/files"],
  ["PUT", "/files/{name}"],
  ["DELETE", "/files/{name}"],
  ["GET", "/files/{name}"],
  ["GET", "/scenarios"],
  ["POST", "/scenarios/reset"],
  ["PUT", "/scenarios/{name}/state"],
  ["GET", "/requests"],
  ["DELETE", "/requests"],
  ["POST", "/requests/count"],
  ["POST", "/requests/find"],
  ["POST", "/requests/remove"],
  ["POST", "/requests/remove-by-metadata"],
  ["GET", "/requests/unmatched"],
  ["GET", "/requests/unmatched/near-misses"],
  ["GET", "/requests/{id}"],
  ["DELETE", "/requests/{id}"],
  ["POST", "/near-misses/request"],
  ["POST", "/near-misses/request-pattern"],
  ["GET", "/settings"],
  ["PUT", "/settings"],
  ["PATCH", "/settings/extended"],
  ["POST", "/reset"],
  ["GET", "/health"],
  ["GET", "/version"],
  ["GET", "/docs"],
  ["GET", "/recordings/status"],
  ["POST", "/recordings/snapshot"],
  ["POST", "/recordings/start"],
  ["POST", "/recordings/stop"],
];

interface Random {
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

/** mulberry32. */
function createRandom(seed: number): Random {
  let state = seed;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  // Safe: the index is within the list.
  return { below, pick: <T>(list: readonly T[]) => list[below(list.length)] as T };
}

const names = [
  ..."id uuid name request response responses persistent priority scenarioName requiredScenarioState newScenarioState metadata".split(" "),
  ..."postServeActions serveEventListeners url urlPattern urlPath urlPathPattern urlPathTemplate method headers cookies".split(" "),
  ..."queryParameters formParameters pathParameters bodyPatterns multipartPatterns basicAuthCredentials customMatcher host port".split(" "),
  ..."scheme clientIp status statusMessage body jsonBody base64Body bodyFileName fixedDelayMilliseconds delayDistribution".split(" "),
  ..."chunkedDribbleDelay proxyBaseUrl fault transformers transformerParameters equalTo contains matches doesNotMatch".split(" "),
  ..."equalToJson equalToXml matchesJsonPath matchesJsonSchema matchesXPath before after absent and or not hasExactly includes".split(" "),
  ..."expression mappings importOptions duplicatePolicy deleteAllNotInImport state fixedDelay extended settings outputFormat".split(" "),
  ..."filters captureHeaders targetBaseUrl __proto__ constructor".split(" "),
];

const leaves = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  "",
  "x",
  "GET",
  "/things",
  "http://",
  "[",
  "(a+)+$",
  "$.a",
  "$[?(",
  "//a",
  "<a",
  "é\0",
  "Started",
  stubId(1),
];

function bodyFor(random: Random, path: string): string | undefined {
  switch (random.below(8)) {
    case 0:
      return undefined;
    case 1:
      return random.pick(["", "{", "[]", "null", "5", '"x"', "\u0000", "{'a': 1}", "// x", '{"a": 1e999}', "[[[["]);
    case 2:
    case 3:
    case 4:
    case 5:
      return JSON.stringify(likelyBody(random, path));
    default:
      return JSON.stringify(value(random, 4));
  }
}

/** Near enough to what a route expects to get past its first checks; one in three has something strange added. */
function likelyBody(random: Random, path: string): unknown {
  const strange = () => (random.below(3) === 0 ? fields(random, 2) : {});
  const request = () => ({ url: "/things", ...random.pick(requestParts), ...random.pick(requestParts), ...strange() });
  const response = () => ({ ...random.pick(responseParts), ...random.pick(responseParts), ...strange() });
  const stub = () => ({ id: stubId(random.below(5)), request: request(), response: response(), ...random.pick(stubParts), ...strange() });
  if (path === "/mappings/import")
    return { mappings: [stub(), stub()], importOptions: { deleteAllNotInImport: random.below(2) === 0, ...strange() } };
  if (path.includes("metadata")) return { ...random.pick(patterns), ...strange() };
  if (path.startsWith("/mappings")) return stub();
  if (path === "/near-misses/request") return { method: "GET", url: "/things?x=1", headers: { A: ["b", "c"] }, body: "x", ...strange() };
  if (path.startsWith("/requests") || path.startsWith("/near-misses")) return request();
  if (path.startsWith("/scenarios")) return { state: random.pick(["Started", "Next", "No"]), ...strange() };
  if (path === "/settings/extended") return { extended: fields(random, 2), ...strange() };
  return strange();
}

const patterns = [
  { equalTo: "b", caseInsensitive: true },
  { contains: "a" },
  { matches: "(a+)+$" },
  { doesNotMatch: ".*" },
  { equalToJson: '{"a": 1}', ignoreExtraElements: true },
  { matchesJsonPath: "$..a" },
  { matchesJsonPath: { expression: "$.a", contains: "b" } },
  { matchesJsonSchema: { type: "object", properties: { a: { type: "number" } } } },
  { equalToXml: "<a/>" },
  { matchesXPath: "//a" },
  { before: "now +3 days" },
  { absent: true },
  { or: [{ equalTo: "a" }, { not: { contains: "b" } }] },
];

const requestParts = [
  {},
  ...patterns.map((pattern) => ({ bodyPatterns: [pattern] })),
  ...patterns.map((pattern) => ({ headers: { A: pattern }, queryParameters: { x: pattern } })),
  { method: "POST", formParameters: { a: { equalTo: "b" } } },
  { headers: { A: { hasExactly: [{ equalTo: "b" }] } }, cookies: { c: { absent: true } } },
  { url: undefined, urlPathTemplate: "/{kind}", pathParameters: { kind: { matches: "th.*" } } },
  { multipartPatterns: [{ name: "x", bodyPatterns: [{ contains: "a" }] }] },
  { basicAuthCredentials: { username: "u", password: "p" }, host: { equalTo: "localhost" } },
];

const responseParts = [
  {},
  { status: 201, headers: { A: ["b", "c"] }, body: "{{request.path}}", transformers: ["response-template"] },
  { jsonBody: { a: [1, 2.5] } },
  { base64Body: "AAE=" },
  { bodyFileName: "a.txt" },
  { fault: "EMPTY_RESPONSE" },
  { fixedDelayMilliseconds: 1 },
  { delayDistribution: { type: "uniform", lower: 0, upper: 1 } },
  { chunkedDribbleDelay: { numberOfChunks: 2, totalDuration: 2 } },
];

const stubParts = [
  {},
  { scenarioName: "S", requiredScenarioState: "Started", newScenarioState: "Next" },
  { persistent: true, priority: 1, name: "a/b" },
  { metadata: { a: "b", c: [1] } },
];

function fields(random: Random, depth: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: random.below(4) }, () => [random.pick(names), value(random, depth)]));
}

function value(random: Random, depth: number): unknown {
  const kind = depth === 0 ? 0 : random.below(5);
  if (kind <= 1) return random.pick(leaves);
  if (kind === 2) return Array.from({ length: random.below(4) }, () => value(random, depth - 1));
  return fields(random, depth - 1);
}

function pathFor(random: Random, path: string): string {
  const id = random.pick([stubId(random.below(5)), "1-1-1-1-1", "x", "%00", "%7B%7D"]);
  const name = random.pick(["S", "a.txt", "a/b", "../x", "/x", "%2e%2e", "."]);
  const query = random.pick([
    "",
    "",
    "?limit=1",
    "?limit=x",
    "?since=x",
    "?matchingStub=x",
    "?unmatched=true",
    "?%",
    "?limit=1&limit=2",
    "?__proto__=1",
  ]);
  return `/__admin${path.replace("{id}", id).replace("{name}", name)}${query}`;
}

async function answered(
  ask: RunningMock["ask"],
  { method, path, body }: { method: string; path: string; body: string | undefined },
  asked: string,
) {
  try {
    return await ask(method, path, method === "GET" ? undefined : body);
  } catch (cause) {
    throw new Error(`no answer to ${asked}`, { cause });
  }
}

/** Stubs made at random may answer with a fault. */
function faulted(): void {}
