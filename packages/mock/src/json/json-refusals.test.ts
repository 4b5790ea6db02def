import { describe, expect, it } from "vitest";
import { parseJson } from "./parse-json.ts";

const anyValue = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'";
const expectedValue = `expected a valid value (${anyValue})`;

/** As WireMock 3.13.2 answered them. */
const refusals: readonly (readonly [text: string, message: string, place: string])[] = [
  [
    "{",
    'Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"; line: 1, column: 1])',
    "line: 1, column: 2",
  ],
  ['{"a"', "Unexpected end-of-input within/between Object entries", "line: 1, column: 5"],
  ['{"a": ', "Unexpected end-of-input within/between Object entries", "line: 1, column: 7"],
  ['{"a":1,', "Unexpected end-of-input within/between Object entries", "line: 1, column: 8"],
  ['{"a":1,}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", "line: 1, column: 8"],
  ['{"a":1 "b"', "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", "line: 1, column: 8"],
  ["{a:1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", "line: 1, column: 2"],
  ['{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", "line: 1, column: 6"],
  [
    "[",
    'Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"["; line: 1, column: 1])',
    "line: 1, column: 2",
  ],
  ["[1,", "Unexpected end-of-input within/between Array entries", "line: 1, column: 4"],
  ["[1,]", `Unexpected character (']' (code 93)): ${expectedValue}`, "line: 1, column: 4"],
  ["[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", "line: 1, column: 4"],
  ['"abc', "Unexpected end-of-input: was expecting closing quote for a string value", "line: 1, column: 5"],
  [
    '"a\nb"',
    "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value",
    "line: 1, column: 3",
  ],
  ['"\\x"', "Unrecognized character escape 'x' (code 120)", "line: 1, column: 3"],
  ['"\\u12"', "Unexpected character ('\"' (code 34)): expected a hex-digit for character escape sequence", "line: 1, column: 6"],
  ["truex", `Unrecognized token 'truex': was expecting (${anyValue})`, "line: 1, column: 6"],
  ["ü", `Unrecognized token 'ü': was expecting (${anyValue})`, "line: 1, column: 2"],
  ['{"a":\n\n  x}', `Unrecognized token 'x': was expecting (${anyValue})`, "line: 3, column: 4"],
  ["(wrong)", `Unexpected character ('(' (code 40)): ${expectedValue}`, "line: 1, column: 1"],
  [".5", `Unexpected character ('.' (code 46)): ${expectedValue}`, "line: 1, column: 1"],
  ["01", "Invalid numeric value: Leading zeroes not allowed", "line: 1, column: 2"],
  ["}", "Unexpected close marker '}': no open Object to close", "line: 1, column: 1"],
  ["/* c", "Unexpected end-of-input in a comment", "line: 1, column: 5"],
];

describe("a text that is no JSON", () => {
  it.each(refusals)("%j is refused as WireMock refuses it", (text, message, place) => {
    expect(parseJson(text)).toMatchObject({ ok: false, detail: `${message}\n at [Source: (String)"${text}"; ${place}]` });
  });

  it.each(["", " ", "\n\t"])("%j has nothing to refuse, and no place", (text) => {
    expect(parseJson(text)).toMatchObject({ ok: false, detail: "No content to map due to end-of-input" });
  });

  it("is quoted up to 500 characters", () => {
    const parsed = parseJson(`[${"1,".repeat(400)}`);
    expect(parsed.ok ? "" : parsed.detail).toContain(`${"1,".repeat(100)}`);
    expect(parsed.ok ? "" : parsed.detail).toContain("[truncated 301 chars]");
  });
});
