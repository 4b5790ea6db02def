import { expect, test } from "vitest";
import { readableRecord } from "./readable-record.ts";

test("a structured record reads as its message, its fields and its stack", () => {
  const record = JSON.stringify({
    level: "error",
    time: "2026-01-01T00:00:00Z",
    service: "api",
    trace_id: "a".repeat(32),
    status: 500,
    err: { type: "Error", stack: "Error: no\n    at rename (src/items.ts:41:30)" },
    msg: "PATCH /items/1 failed",
  });

  expect(readableRecord(record)).toBe("PATCH /items/1 failed status=500\nError: no\n    at rename (src/items.ts:41:30)");
});

test("values with spaces are quoted and long ones are cut", () => {
  expect(readableRecord(JSON.stringify({ msg: "m", a: "two words", b: "x".repeat(300) }))).toBe(`m a="two words" b=${"x".repeat(200)}…`);
});

test("text that is no object, or has no message, stays as it was written", () => {
  for (const text of ["plain", "{broken", '["msg"]', '{"a":1}', ""]) expect(readableRecord(text)).toBe(text);
});
