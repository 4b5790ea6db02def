import { expect, test } from "vitest";
import { jsonPosition } from "./json-position.ts";

const text = '{\n  "a": [1, {"b\\"c": "x}]"}, [ ], -2.5e3, true],\n  "\\u0061b": null, "a/b": {"": 1},\n  "z" : "end"\n}';

test.each([
  ["", 1, 1],
  ["/a", 2, 8],
  ["/a/0", 2, 9],
  ["/a/1", 2, 12],
  ['/a/1/b"c', 2, 21],
  ["/a/2", 2, 29],
  ["/a/3", 2, 34],
  ["/a/4", 2, 42],
  ["/ab", 3, 14],
  ["/a~1b", 3, 27],
  ["/a~1b/", 3, 32],
  ["/z", 4, 9],
])("%s stands at line %i, column %i", (pointer, line, column) => {
  expect(jsonPosition(text, pointer)).toEqual({ line, column });
});

test("what is not there has no place", () => {
  for (const pointer of ["/b", "/a/5", "/a/0/1", "/z/y", "/a/x"]) expect(jsonPosition(text, pointer), pointer).toBeUndefined();
});
