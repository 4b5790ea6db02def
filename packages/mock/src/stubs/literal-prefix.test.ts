import { describe, expect, test } from "vitest";
import { literalPrefix } from "./literal-prefix.ts";

describe("the literal beginning of a regular expression", () => {
  test.each([
    ["/a/b", "/a/b"],
    ["^/a/b$", "/a/b"],
    ["/a\\.json\\?x=1", "/a.json?x=1"],
    ["\\Q/a.*\\E/b", "/a.*/b"],
    ["", ""],
  ])("%s is nothing but a text", (source, text) => {
    expect(literalPrefix(source)).toEqual({ text, isWhole: true });
  });

  test.each([
    ["/a/.*", "/a/"],
    ["/a/[0-9]+", "/a/"],
    ["/things(/.*)?", "/things"],
    ["/ab*", "/a"],
    ["/ab?", "/a"],
    ["/ab{2}", "/a"],
    ["/ab+", "/ab"],
    ["/a\\.+", "/a."],
    ["/a\\.?", "/a"],
    ["/a\\d", "/a"],
    ["/a\\b", "/a"],
    ["/a$b", "/a"],
    ["\\Qab\\E*", "a"],
    ["(?i)/a", ""],
    ["/a(b|c)", "/a"],
    ["/a\\|b.*", "/a|b"],
    ["/😀*", "/"],
    [".*", ""],
    ["/a\\", "/a"],
  ])("%s begins with %s", (source, text) => {
    expect(literalPrefix(source)).toEqual({ text, isWhole: false });
  });

  test.each(["/a|/b", "/a(x)|/b", "|", "/a[|]b", "/a\\Q|\\E"])("%s has none that is sure", (source) => {
    expect(literalPrefix(source)).toEqual({ text: "", isWhole: false });
  });
});
