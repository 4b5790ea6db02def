import { describe, expect, test } from "vitest";
import { bodyForm, mediaTypeFor, negotiate } from "./media-type.ts";

const declared = ["application/json", "text/html", "application/xml", "image/*"].map((type) => ({ type }));

describe("content negotiation", () => {
  test.each([
    [[], "application/json"],
    ["*/*", "application/json"],
    ["text/html", "text/html"],
    ["text/*", "text/html"],
    ["application/xml;q=0.9, application/json;q=0.5", "application/xml"],
    ["text/html;q=0, */*", "application/json"],
    ["application/*;q=0.2, text/html;q=0.1", "application/json"],
    ["application/json;q=0.1, application/*;q=0.9", "application/xml"],
    ["image/webp", "image/*"],
    ['text/html;a="x,y";q=0.3, application/xml;q=0.2', "text/html"],
    ["text/plain", undefined],
    ["application/json;q=0", undefined],
    ["application/json;q=nonsense", "application/json"],
    ["nonsense", "application/json"],
    [["text/plain", "text/html"], "text/html"],
  ])("%j is answered with %s", (accept, type) => {
    expect(negotiate([accept].flat(), declared)?.type).toBe(type);
  });

  test("of declared types the most exact one is that of a body", () => {
    const types = ["*/*", "application/*", "application/json", "application/*+json", "application/json; profile=a"].map((type) => ({
      type,
    }));
    expect(mediaTypeFor("text/plain", types)?.type).toBe("*/*");
    expect(mediaTypeFor("application/xml", types)?.type).toBe("application/*");
    expect(mediaTypeFor("application/json; charset=utf-8", types)?.type).toBe("application/json");
    expect(mediaTypeFor('application/json; profile="a"', types)?.type).toBe("application/json; profile=a");
    expect(mediaTypeFor("application/hal+json", types)?.type).toBe("application/*+json");
    expect(mediaTypeFor("nonsense", types)).toBeUndefined();
  });

  test.each([
    ["application/json", "json"],
    ["application/problem+json; charset=utf-8", "json"],
    ["application/x-www-form-urlencoded", "urlencoded"],
    ["multipart/mixed", "multipart"],
    ["application/soap+xml", "xml"],
    ["text/xml", "xml"],
    ["text/csv", "text"],
    ["image/png", "binary"],
    ["nonsense", "binary"],
  ])("a body of %s is read as %s", (type, form) => {
    expect(bodyForm(type)).toBe(form);
  });
});
