import { expect, test } from "vitest";
import { parseRequestPattern } from "../mapping/parse-request-pattern.ts";
import { parseStubMapping } from "../mapping/parse-stub-mapping.ts";
import type { Json, StubMapping } from "../mapping/stub-mapping.ts";
import { exampleRequest } from "../request/example-request.ts";
import { createStubStore } from "../stubs/create-stub-store.ts";
import { nearestRequests, nearestStubs } from "./near-misses.ts";

function stub(json: Json): StubMapping {
  const parsed = parseStubMapping(json);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.value;
}

const store = createStubStore();
for (const url of ["/far/away/from/it", "/abd", "/abe", "/abxy", "/abc"]) store.add(stub({ name: url, request: { url } }));

test("the three nearest stubs come, the nearest first, and among equals the newest", () => {
  const misses = nearestStubs(exampleRequest({ url: "/abf" }), store.prepared());
  expect(misses.map(({ stub }) => stub?.name)).toEqual(["/abc", "/abe", "/abd"]);
  expect(misses.map(({ distance }) => distance)).toEqual([0.0641025641025641, 0.0641025641025641, 0.0641025641025641]);
});

test("a stub that matches is the nearest", () => {
  expect(nearestStubs(exampleRequest({ url: "/abd" }), store.prepared(), 1)).toMatchObject([{ stub: { name: "/abd" }, distance: 0 }]);
});

test("no stubs, no near misses", () => {
  expect(nearestStubs(exampleRequest({ url: "/" }), [])).toEqual([]);
});

test("the nearest requests to a pattern come in the order given among equals", () => {
  const parsed = parseRequestPattern({ url: "/abc", method: "GET" });
  if (!parsed.ok) throw new Error("refused");
  const requests = ["/zzz", "/abd", "/abe", "/abc", "/xbc"].map((url) => exampleRequest({ url }));
  expect(nearestRequests(parsed.value, requests).map(({ request }) => request.url)).toEqual(["/abc", "/abd", "/abe"]);
});

test("what cannot be measured is farthest", () => {
  const odd = createStubStore();
  odd.add(stub({ name: "measured", request: { url: "/other" } }));
  odd.add(stub({ name: "no measure", request: { headers: { A: { hasExactly: [] } } } }));
  const [first] = nearestStubs(exampleRequest({ url: "/x", headers: {} }), odd.prepared());
  expect(first?.distance).toBeLessThanOrEqual(1);
});
