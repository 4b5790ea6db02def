import { describe, expect, it } from "vitest";
import { checkRegex, compileRegex } from "./safe-regex.ts";

/** Far above what any of these takes, far below what backtracking without bounds would. */
const BOUND_MS = 30_000;

const CATASTROPHIC = [
  "(a+)+$",
  "(a|a)*",
  "(a|aa)+b",
  "([a-z]+)*1",
  "(.*a){12}b",
  "(x+x+)+y",
  "^(\\w+\\s?)*$",
  ".*a.*a.*a.*b",
  "((((a+)+)+)+)+$",
  "(?:a?){30}a{30}b",
  "(a?b?)*c",
  "(?:(?:a{1,1000}){1,1000}){1,1000}b",
];
/** A linear engine has none of these, so they run against the clock. */
const BACKTRACKING = ["(a+)+(?=!)$", "(?=(a+)+$).*", "(a+)+\\1b", "(?<!b)(a+)+$", "(?>x|a)(a+)+$"];

describe("no pattern holds the process up", () => {
  it.each(CATASTROPHIC)("%s on a short text is answered", { timeout: BOUND_MS }, (source) => {
    expect(compileRegex(source, { dotAll: true }).matches(`${"a".repeat(60)}!`)).toBe(false);
  });

  it.each([...CATASTROPHIC, ...BACKTRACKING])("%s on 32 MB ends", { timeout: BOUND_MS }, (source) => {
    expect(compileRegex(source, { dotAll: true }).matches(`${"a".repeat(32 << 20)}!`)).toBe(false);
  });

  it("what needs backtracking without end does not match and says that it gave up", { timeout: BOUND_MS }, () => {
    const messages: string[] = [];
    const matched = compileRegex("(?=(a+)+$).*").matches(`${"a".repeat(60)}!`, (message) => messages.push(message));
    expect(matched).toBe(false);
    expect(messages).toEqual([expect.stringMatching(/^gave up after \d+ ms on 61 characters$/)]);
  });

  it("a pattern of which a linear engine knows the answer finds it where backtracking would not", () => {
    expect(compileRegex("(a+)+b").matches(`${"a".repeat(100_000)}b`)).toBe(true);
    expect(compileRegex("(?:a|b|ab)+").matches("ab".repeat(100_000))).toBe(true);
  });

  it("a search over many places and a loop of searches end too", { timeout: BOUND_MS }, () => {
    expect(compileRegex("(a+)+b").find("a".repeat(1 << 20))).toBe(false);
    expect(compileRegex("a*b").execAll("a".repeat(200_000), 10)).toEqual([]);
  });

  it("a body of 32 MB is searched for a literal", { timeout: BOUND_MS }, () => {
    const body = `${"가나다 abc ".repeat(3_000_000)}needle`;
    expect(compileRegex(".*needle", { dotAll: true }).matches(body)).toBe(true);
    expect(compileRegex("needle$").find(body)).toBe(true);
  });
});

describe("matches one after another", () => {
  it("an empty match moves on by a character", () => {
    expect(
      compileRegex("a*")
        .execAll("baac")
        .map((match) => [match.start, match.end]),
    ).toEqual([
      [0, 0],
      [1, 3],
      [3, 3],
      [4, 4],
    ]);
    expect(compileRegex("x*").execAll("😀").length).toBe(2);
  });

  it("named groups are given by name", () => {
    expect(compileRegex("(?<year>\\d{4})-(?<month>\\d\\d)").exec("on 2024-05")?.named).toEqual({ year: "2024", month: "05" });
  });

  it("a replacement refers to groups as Java's does", () => {
    const regex = compileRegex("(?<first>\\w)(\\w)");
    expect(regex.replaceAll("ab cd!", `$2\${first}`)).toBe("ba dc!");
    expect(regex.replaceAll("ab", "\\$1 $11 \\\\")).toBe("$1 a1 \\");
  });
});

describe("random patterns", () => {
  it("never throw anything but a refusal, and never take long", { timeout: BOUND_MS }, () => {
    const random = seeded(20260101);
    const parts = [
      "a",
      "b",
      "(",
      ")",
      "(?:",
      "(?=",
      "(?<!",
      "(?>",
      "[",
      "]",
      "[^",
      "&&",
      "-",
      "*",
      "+",
      "?",
      "{2}",
      "{1,3}",
      "{",
      "}",
      "|",
      ".",
      "^",
      "$",
      "\\",
      "\\d",
      "\\b",
      "\\1",
      "\\Q",
      "\\E",
      "\\p{L}",
      "(?i)",
      "(?x)",
      "#",
      " ",
      "é",
      "😀",
      "\\R",
    ];
    for (let i = 0; i < 3000; i++) {
      const source = Array.from({ length: 1 + (random() % 12) }, () => parts[random() % parts.length]).join("");
      if (checkRegex(source) !== undefined) continue;
      const regex = compileRegex(source);
      const text = Array.from({ length: random() % 40 }, () => "ab 1é\n"[random() % 6]).join("");
      regex.matches(text);
      regex.find(text);
      regex.execAll(text, 50);
    }
  });
});

/** Numbers that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
