import { expect, test } from "vitest";
import type { Answer } from "../http/answer.ts";
import { compileCheck } from "./check.ts";
import type { Check } from "./scenario.ts";

function holds(check: Check, { status = 200, body = "", head = "" }: { status?: number; body?: string; head?: string }): boolean {
  const bytes = Buffer.from(body);
  const answer: Answer = { status, bodyBytes: bytes.length, headText: `HTTP/1.1 ${status}\r\n${head}`, body: bytes };
  return compileCheck(check).holds(answer);
}

test("a status is one of those that are allowed", () => {
  const check: Check = { kind: "status", oneOf: [200, 404] };
  expect(holds(check, { status: 404 })).toBe(true);
  expect(holds(check, { status: 201 })).toBe(false);
});

test("a body contains a text by its bytes, in any language", () => {
  expect(holds({ kind: "body-contains", text: "도장" }, { body: "우리 도장입니다" })).toBe(true);
  expect(holds({ kind: "body-contains", text: "Title" }, { body: "title" })).toBe(false);
});

test("a place in JSON equals a value of the same type, however deep", () => {
  const body = '{"a":{"b":[1,{"c":null}]},"n":"1"}';
  expect(holds({ kind: "json", path: "$.a.b", equals: [1, { c: null }] }, { body })).toBe(true);
  expect(holds({ kind: "json", path: "$.n", equals: 1 }, { body })).toBe(false);
  expect(holds({ kind: "json", path: "$.missing", equals: null }, { body })).toBe(false);
  expect(holds({ kind: "json", path: "$.a", equals: {} }, { body: "no json" })).toBe(false);
});

test("a header contains a text; one that is not there does not", () => {
  const head = "Content-Type: application/json; charset=utf-8";
  expect(holds({ kind: "header", name: "content-type", contains: "json" }, { head })).toBe(true);
  expect(holds({ kind: "header", name: "content-type", contains: "xml" }, { head })).toBe(false);
  expect(holds({ kind: "header", name: "etag", contains: "" }, { head })).toBe(false);
});
