// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are files with variables, not templates.
import { expect, test } from "vitest";
import { parseDotenv } from "./dotenv.ts";

const lookup = (name: string) => (name === "HOST" ? "outside" : undefined);
const read = (text: string) => parseDotenv(text, { lookup });

test.each([
  ["A=1", { A: "1" }],
  ["export A=1", { A: "1" }],
  ["A = spaced  ", { A: "spaced" }],
  ["A: yaml style", { A: "yaml style" }],
  ["A=one # comment", { A: "one" }],
  ["A=one#not", { A: "one#not" }],
  ["A=#all comment", { A: "" }],
  ["A='$HOST # kept'", { A: "$HOST # kept" }],
  ['A="two\\nlines $HOST" # comment', { A: "two\nlines outside" }],
  ['A="\\$HOST"', { A: "$HOST" }],
  ['A="first\nsecond"\nB=2', { A: "first\nsecond", B: "2" }],
  ["A=1\nB=${A}2", { A: "1", B: "12" }],
  ["A=${GONE:-default}", { A: "default" }],
  ["HOST", { HOST: "outside" }],
  ["GONE", {}],
  ["\uFEFF# comment\r\n\r\nA=1\r\n", { A: "1" }],
  ["A=", { A: "" }],
  ["A=b=c", { A: "b=c" }],
])("%j is read as Compose reads it", (text, values) => {
  expect(read(text)).toEqual({ values, errors: [] });
});

test("every wrong line is named, and the others are read", () => {
  const { values, errors } = read("A=1\nwhat is this\nB='open\nC=${D:?say D}");
  expect(values).toEqual({ A: "1" });
  expect(errors.map(({ line }) => line)).toEqual([2, 3, 4]);
});

test("raw keeps values as they stand", () => {
  expect(parseDotenv('A="$HOST" # x', { lookup, raw: true }).values).toEqual({ A: '"$HOST" # x' });
});
