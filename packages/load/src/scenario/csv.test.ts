import { expect, test } from "vitest";
import { parseCsv } from "./csv.ts";

test("lines are rows, commas part fields, either line end will do", () => {
  expect(parseCsv("user,age\r\nann,30\nbob,\n")).toEqual([
    ["user", "age"],
    ["ann", "30"],
    ["bob", ""],
  ]);
});

test("quotes keep commas, line ends and doubled quotes", () => {
  expect(parseCsv('a,"b,c","d\ne","say ""hi"""')).toEqual([["a", "b,c", "d\ne", 'say "hi"']]);
});

test("a byte order mark and empty lines are nothing, a quote inside of a field is itself", () => {
  expect(parseCsv('\uFEFFa\n\n\nb"c\n')).toEqual([["a"], ['b"c']]);
});

test("no text has no rows, and a quote that is never closed takes the rest", () => {
  expect(parseCsv("")).toEqual([]);
  expect(parseCsv('a,"b\nc')).toEqual([["a", "b\nc"]]);
});
