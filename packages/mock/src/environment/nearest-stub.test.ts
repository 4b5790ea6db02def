import { expect, test } from "vitest";
import { parseStubMapping } from "../mapping/parse-stub-mapping.ts";
import { exampleRequest } from "../request/example-request.ts";
import { createStubStore } from "../stubs/create-stub-store.ts";
import { nearestStub } from "./nearest-stub.ts";

function storeOf(...mappings: readonly object[]) {
  const store = createStubStore();
  for (const mapping of mappings) {
    const parsed = parseStubMapping(mapping);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed));
    store.add(parsed.value);
  }
  return store;
}

const mail = { name: "mail", request: { method: "POST", urlPath: "/messages" } };
const other = { name: "other", request: { method: "GET", urlPath: "/a/quite/different/place" } };

test("without a stub nothing is near", () => {
  expect(nearestStub(storeOf(), exampleRequest({ url: "/x" }))).toBeUndefined();
});

test("the stub that comes closest is named with what differs and with nothing else", () => {
  const found = nearestStub(storeOf(other, mail), exampleRequest({ method: "POST", url: "/messagez?now=1" }));

  expect(found?.stub.name).toBe("mail");
  expect(found?.differences).toEqual(['path: expected "/messages" (urlPath), got "/messagez"']);
});

test.each([
  ["the method", { method: "PUT", url: "/a" }, { method: "POST", url: "/a" }, "method: expected POST, got PUT"],
  ["the whole address", { url: "/a?b=2" }, { url: "/a?b=1" }, 'url: expected "/a?b=1" (url), got "/a?b=2"'],
  ["a header that is missing", {}, { headers: { "X-Key": { equalTo: "k" } } }, /^header X-Key: expected .*k.*, got none$/],
  [
    "a header",
    { headers: { "X-Key": "other" } },
    { headers: { "X-Key": { matches: "k.*" } } },
    /^header X-Key: expected .*k\.\*.*, got "other"$/,
  ],
  ["a query parameter", { url: "/?limit=9" }, { queryParameters: { limit: { equalTo: "5" } } }, /^query limit: expected .*5.*, got "9"$/],
  ["a cookie", { cookies: { a: "1" } }, { cookies: { a: { equalTo: "2" } } }, /^cookie a: expected .*2.*, got "1"$/],
  [
    "the body",
    { body: '{"to":null}' },
    { bodyPatterns: [{ contains: "subject" }] },
    /^body: expected .*subject.*, got "\{\\"to\\":null\}"$/,
  ],
  [
    "the host",
    { host: "pay.example", absoluteUrl: "http://pay.example/" },
    { host: { equalTo: "mail.example" } },
    /^host: expected .*mail\.example.*, got "pay\.example"$/,
  ],
])("it says of %s what was expected and what came", (_what, request, pattern, expected) => {
  const found = nearestStub(storeOf({ request: pattern }), exampleRequest(request));

  expect(found?.differences).toEqual([typeof expected === "string" ? expected : expect.stringMatching(expected)]);
});

test("a stub whose scenario is in another state says so", () => {
  const store = storeOf({ request: { url: "/a" }, scenarioName: "retry", requiredScenarioState: "second", newScenarioState: "third" });

  expect(nearestStub(store, exampleRequest({ url: "/a" }))?.differences).toEqual(['scenario retry: expected state "second", is "Started"']);
});

test("what was sent is quoted in part, and only the first differences are told", () => {
  const headers = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`X-${index}`, { equalTo: "y" }]));
  const found = nearestStub(
    storeOf({ request: { headers, bodyPatterns: [{ equalTo: "x" }] } }),
    exampleRequest({ body: "long ".repeat(10_000) }),
  );

  expect(found?.differences).toHaveLength(8);
  expect(JSON.stringify(found?.differences).length).toBeLessThan(3_000);
});
