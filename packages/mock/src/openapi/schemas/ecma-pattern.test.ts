import { describe, expect, test } from "vitest";
import { compilePattern, patternFault } from "./ecma-pattern.ts";

/** Patterns of which ECMA-262 and Java think differently, and plain ones; each with texts that are tried in both. */
const patterns: readonly (readonly [string, readonly string[]])[] = [
  ["^[a-z]+$", ["abc", "abc\n", "aBc", ""]],
  ["^a.c$", ["abc", "a\u0085c", "a\nc", "a\u2028c"]],
  ["^\\s$", [" ", "\u00a0", "\ufeff", "\u3000", "x", "\v"]],
  ["^\\S+$", ["abc", "a\u00a0b"]],
  ["^[\\s,]+$", [", ,\u00a0", "a"]],
  ["[[]", ["[", "a"]],
  ["^[a&&b]+$", ["a&b", "&&", "c"]],
  ["^[^]$", ["\n", "a", ""]],
  ["x[]", ["x", ""]],
  ["^{foo}$", ["{foo}", "foo"]],
  ["^a{2}b{1,}c{1,2}$", ["aabc", "abc", "aabbcc"]],
  ["^a{,2}$", ["a{,2}", "aa"]],
  ["^\\/v\\d+\\/$", ["/v1/", "v1"]],
  ["^\\u0041\\x42$", ["AB", "ab"]],
  ["^[\\w.+-]+@[\\w-]+\\.[\\w.-]+$", ["a.b+c@d-e.fr", "a@b"]],
  ["^(?!foo)[a-z]+$", ["bar", "foobar"]],
  ["^(?=.*\\d)(?=.*[a-z]).{4,8}$", ["abc1", "abcd", "1234", "a1b2c3d4e5"]],
  ["^(a|b)\\1$", ["aa", "ab", "bb"]],
  ["^(?<first_name>x)\\k<first_name>$", ["xx", "x"]],
  ["^[\\b]$", ["\b", "b"]],
  ["^\\0$", ["\0", "0"]],
  ["^\\cA$", ["\u0001", "A"]],
  ["^[a-z#]+$", ["a#", "A"]],
  ["^[^\\d]$", ["a", "1"]],
  ["^\\-?\\d+(\\.\\d{1,2})?$", ["-1.25", "1.", "12"]],
  ["^\\$\\{x\\}$", ["\u0024{x}", "x"]],
  ["(^|,)end$", ["a,end", "end", "end,"]],
];

const unicode: readonly (readonly [string, readonly string[]])[] = [
  ["^\\p{L}+$", ["ab가", "a1"]],
  ["^\\p{Lu}\\p{Lowercase_Letter}$", ["Ab", "ab"]],
  ["^\\p{Script=Hangul}+$", ["가나", "ab"]],
  ["^\\P{L}$", ["1", "a"]],
  ["^\\u{1F600}$", ["\u{1F600}", "a"]],
  ["^.$", ["\u{1F600}", "ab"]],
];

describe("patterns of schemas", () => {
  test.each(patterns)("%s finds what ECMAScript finds", (pattern, texts) => {
    const native = new RegExp(pattern);
    expect(patternFault(pattern)).toBeUndefined();
    const compiled = compilePattern(pattern);
    for (const text of texts) expect(compiled.test(text), JSON.stringify(text)).toBe(native.test(text));
  });

  test.each(unicode)("%s finds what ECMAScript finds with the u flag", (pattern, texts) => {
    const native = new RegExp(pattern, "u");
    const compiled = compilePattern(pattern);
    for (const text of texts) expect(compiled.test(text), JSON.stringify(text)).toBe(native.test(text));
  });

  test("what is no pattern says why", () => {
    expect(patternFault("(")).toContain("Unclosed group");
    expect(patternFault("[")).toBeDefined();
    expect(patternFault("*a")).toBeDefined();
    expect(patternFault("\\Aabc\\Z")).toBe("\\A is not of ECMA-262: write ^ and $ for the ends");
    expect(patternFault("a".repeat(6000))).toContain("at most 5000");
  });

  test("patterns that make a backtracking engine hang end", () => {
    for (const pattern of ["^(a+)+$", "^(a|aa)+$", "^([a-zA-Z]+)*$", "(x+x+)+y", "^(?=(a+)+$)a"]) {
      expect(compilePattern(pattern).test(`${"a".repeat(5_000)}!`), pattern).toBe(false);
    }
  });
});
