import { expect, test } from "vitest";
import { parseJsonPath, readJsonPlace } from "./json-path.ts";

const read = (value: unknown, path: string) => readJsonPlace(value, parseJsonPath(path));

test("names, positions and quoted keys are steps; $ may be left out", () => {
  expect(parseJsonPath("$.items[0]['a \\'key\\''][\"b\"].c-d")).toEqual(["items", 0, "a 'key'", "b", "c-d"]);
  expect(parseJsonPath("id")).toEqual(["id"]);
  expect(parseJsonPath("$")).toEqual([]);
});

test("a place is read as deep as it goes, positions from the end too", () => {
  const value = { items: [{ id: 1 }, { id: 2 }], "a b": { c: 0 } };
  expect(read(value, "$.items[-1].id")).toBe(2);
  expect(read(value, "$['a b'].c")).toBe(0);
  expect(read(value, "$")).toBe(value);
});

test("what is not there is undefined: keys, positions, inherited names, steps into text", () => {
  const value = { items: [1], text: "abc" };
  for (const path of ["$.nothing", "$.items[5]", "$.items.length", "$.text[0]", "$.toString", "$.nothing.more"])
    expect(read(value, path)).toBeUndefined();
});

test.each(["$.a[", "$.items[*]", "$..id", "$.a b", "$[?(@.a)]"])("%s is refused with the place where it stops", (path) => {
  expect(() => parseJsonPath(path)).toThrow(/is not understood from/);
});
