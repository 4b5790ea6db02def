import { describe, expect, test } from "vitest";
import { compilePathTemplate, pathTemplatePrefix, pathTemplateSegments, pathTemplateVariables } from "./path-template.ts";

function parse(template: string, path: string) {
  return compilePathTemplate(template).parse(path);
}

describe("a path template", () => {
  test("gives the raw text of its variables", () => {
    expect(parse("/x/{a}/y/{b}", "/x/1%2F2/y/%C3%A9")).toEqual({ a: "1%2F2", b: "%C3%A9" });
  });

  test.each([
    ["/x/{a}", "/x/1/2"],
    ["/x/{a}", "/x/"],
    ["/x/{a}", "/x/1/"],
    ["/x/{a}/", "/x/1"],
    ["/x/{a}/y/{b}", "/x//y/2"],
    ["/x/**", "/x"],
    ["x/{a}", "/x/1"],
    ["/x/{+a}", "/x/1/2"],
  ])("%s does not match %s", (template, path) => {
    expect(compilePathTemplate(template).matches(path)).toBe(false);
    expect(parse(template, path)).toBeUndefined();
  });

  test("splits a segment between variables as the longest first", () => {
    expect(parse("/x/{a}-{b}", "/x/1-2-3")).toEqual({ a: "1-2", b: "3" });
    expect(parse("/x/{a}{b}", "/x/123")).toEqual({ a: "12", b: "3" });
    expect(parse("/x/{a}.{b}", "/x/1.2.3")).toEqual({ a: "1.2", b: "3" });
  });

  test("calls wildcards by their number", () => {
    expect(parse("/x/**", "/x/1/2")).toEqual({ "0": "1/2" });
    expect(parse("/x/**", "/x/")).toEqual({ "0": "" });
    expect(parse("/x/**/{a}", "/x/1/2/3")).toEqual({ "0": "1/2", a: "3" });
    expect(parse("/**/a/**", "/p/q/a/r")).toEqual({ "0": "p/q", "1": "r" });
  });

  test("strips format characters off names, and keeps everything else of them", () => {
    expect(pathTemplateVariables("/{;a}/{.b}/{c*}/{d:[0-9]+}")).toEqual(["a", "b", "c", "d:[0-9]+"]);
  });

  test("gives the last value of a name that comes twice", () => {
    expect(parse("/x/{a}/{a}", "/x/1/2")).toEqual({ a: "2" });
  });

  test("gives up on a path made to cost time", () => {
    const template = compilePathTemplate("/{a}{b}{c}{d}{e}{f}!");
    expect(template.matches(`/${"x".repeat(60_000)}`)).toBe(false);
  });

  test("knows the beginning that every match shares, and its segments", () => {
    expect(pathTemplatePrefix("/api/v1/{id}")).toBe("/api/v1/");
    expect(pathTemplatePrefix("{id}")).toBe("");
    expect(pathTemplateSegments("/a/{b}/c")).toEqual(["a", undefined, "c"]);
    expect(pathTemplateSegments("/a/{b}.json")).toBeUndefined();
    expect(pathTemplateSegments("/a/**")).toBeUndefined();
    expect(pathTemplateSegments("/{a}{b}")).toBeUndefined();
    expect(pathTemplateSegments("/{a/b}")).toBeUndefined();
  });
});
