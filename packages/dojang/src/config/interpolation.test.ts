// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are files with variables, not templates.
import { expect, test } from "vitest";
import { interpolate } from "./interpolation.ts";

const values: Readonly<Record<string, string>> = { NAME: "value", EMPTY: "", OTHER: "other" };
const lookup = (name: string) => values[name];

test.each([
  ["$NAME", "value"],
  ["${NAME}", "value"],
  ["a${NAME}b$OTHER", "avaluebother"],
  ["${EMPTY:-default}", "default"],
  ["${EMPTY-default}", ""],
  ["${GONE-default}", "default"],
  ["${GONE:-}", ""],
  ["${NAME:+set}", "set"],
  ["${EMPTY:+set}", ""],
  ["${EMPTY+set}", "set"],
  ["${GONE+set}", ""],
  ["${NAME:?needed}", "value"],
  ["${EMPTY?needed}", ""],
  ["${GONE:-${EMPTY:-${OTHER}}}", "other"],
  ["${GONE:-a}b}", "ab}"],
  ["$$NAME $${NAME} $$$$", "$NAME ${NAME} $$"],
  ["^a$ $1 $(date) $", "^a$ $1 $(date) $"],
  ["no variables", "no variables"],
])("%s becomes %j", (text, value) => {
  expect(interpolate(text, lookup)).toMatchObject({ ok: true, value });
});

test("variables without a value are named, once each", () => {
  expect(interpolate("$GONE ${GONE} ${LOST} ${KEPT:-x}", lookup)).toMatchObject({ ok: true, unset: ["GONE", "LOST"] });
});

test.each([
  ["${GONE:?it is the key}", "the variable GONE is required: it is the key"],
  ["${EMPTY:?}", "the variable EMPTY is required"],
  ["${NAME", '"${" is not closed in "${NAME"'],
  ["${}", '"${}" is not a variable'],
  ["${NAME!x}", '"${NAME!x}" is not a variable'],
  ["${1}", '"${1}" is not a variable'],
])("%s is refused", (text, message) => {
  expect(interpolate(text, lookup)).toMatchObject({ ok: false, message });
});

test("defaults nested without end are refused, not followed", () => {
  const nested = `${"${A:-".repeat(1000)}x${"}".repeat(1000)}`;
  expect(interpolate(nested, lookup)).toMatchObject({ ok: false, message: "nests variables too deeply" });
});
