import { describe, expect, test } from "vitest";
import { parseRequestPattern } from "../mapping/parse-request-pattern.ts";
import type { Json } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { type ReceivedParts, receiveRequest } from "../request/receive-request.ts";
import { compileRequest } from "./compile-request.ts";

function matcherFor(json: Json) {
  const parsed = parseRequestPattern(json);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return compileRequest(parsed.value);
}

function receive(target: string, headers: Record<string, string | string[]> = {}, more: Partial<ReceivedParts> = {}): MockRequest {
  const lines = Object.entries({ Host: "localhost:8080", ...headers }).flatMap(([name, values]) =>
    [values].flat().flatMap((each) => [name, each]),
  );
  return receiveRequest({
    method: "GET",
    target,
    rawHeaders: lines,
    httpVersion: "1.1",
    scheme: "http",
    remoteAddress: "127.0.0.1",
    body: Buffer.alloc(0),
    ...more,
  });
}

function post(type: string, body: string) {
  return receive("/", { "Content-Type": type }, { method: "POST", body: Buffer.from(body) });
}

describe("a request matches when every condition holds:", () => {
  test.each<[Json, MockRequest, MockRequest]>([
    [{ scheme: "https" }, receive("/", {}, { scheme: "https" }), receive("/")],
    [{ host: { equalTo: "Example.com" } }, receive("/", { Host: "Example.com" }), receive("/", { Host: "example.com" })],
    [{ host: { matches: "local.+" } }, receive("/"), receive("/", { Host: "example.com" })],
    [{ port: 8080 }, receive("/"), receive("/", { Host: "localhost" })],
    [{ clientIp: { equalTo: "127.0.0.1" } }, receive("/"), receive("/", { "X-Forwarded-For": "10.1.1.1" })],
    [{ method: "post" }, receive("/", {}, { method: "POST" }), receive("/")],
    [{ url: "/a?x=1" }, receive("/a?x=1"), receive("/a?x=1&y=2")],
    [{ urlPattern: "/a\\?x=\\d+" }, receive("/a?x=12"), receive("/b/a?x=12")],
    [{ urlPath: "/a" }, receive("/a?x=1"), receive("/a/")],
    [{ urlPathPattern: "/a/[^/]+" }, receive("/a/b?x=/y"), receive("/a/b/c")],
    [{ urlPathTemplate: "/a/{b}", pathParameters: { b: { equalTo: "1%2F2" } } }, receive("/a/1%2F2"), receive("/a/1")],
    [{ headers: { "x-a": { equalTo: "2" } } }, receive("/", { "X-A": ["1", "2"] }), receive("/", { "X-A": "1, 2" })],
    [{ headers: { "X-A": { absent: true } } }, receive("/"), receive("/", { "x-a": "" })],
    [
      { headers: { A: { hasExactly: [{ equalTo: "1" }, { contains: "2" }] } } },
      receive("/", { A: ["12", "1"] }),
      receive("/", { A: ["12", "1", "3"] }),
    ],
    [{ queryParameters: { q: { includes: [{ equalTo: "1" }, { equalTo: "2" }] } } }, receive("/?q=2&q=3&q=1"), receive("/?q=1")],
    [
      { headers: { "content-type": { equalTo: "text/plain; charset=UTF-8" } } },
      receive("/", { "Content-Type": "Text/plain; charset=utf-8" }),
      receive("/", { "Content-Type": "text/css; charset=utf-8" }),
    ],
    [
      { headers: { "content-type": { equalTo: "text/plain; charset=utf-8" } } },
      receive("/", { "Content-Type": "text/plain; charset=utf-8" }),
      receive("/", { "Content-Type": "text/plain; charset=UTF-8" }),
    ],
    [{ queryParameters: { q: { equalTo: "" } } }, receive("/?q=&q="), receive("/?q=&q=1")],
    [{ queryParameters: { "a b": { equalTo: "é" } } }, receive("/?a+b=%C3%A9"), receive("/?a%20b=e")],
    [{ cookies: { s: { equalTo: "2" } } }, receive("/", { Cookie: "s=1; s=2" }), receive("/", { Cookie: "S=2" })],
    [{ cookies: { s: { absent: true } } }, receive("/"), receive("/", { Cookie: "s=" })],
    [{ cookies: { s: { doesNotMatch: "1" } } }, receive("/", { Cookie: "s=2" }), receive("/")],
    [{ basicAuth: { username: "u", password: "p:" } }, receive("/", { Authorization: `Basic ${btoa("u:p:")}` }), receive("/")],
    [{ formParameters: { f: { equalTo: "1 2" } } }, post("application/x-www-form-urlencoded", "f=1+2"), post("text/plain", "f=1+2")],
    [{ bodyPatterns: [{ contains: "a" }, { contains: "b" }] }, post("text/plain", "ab"), post("text/plain", "a")],
    [{ bodyPatterns: [{ absent: true }] }, receive("/"), post("text/plain", "x")],
    [{ bodyPatterns: [{ binaryEqualTo: "/w==" }] }, receive("/", {}, { body: Buffer.from([0xff]) }), post("text/plain", "x")],
    [
      { bodyPatterns: [{ equalTo: "é" }] },
      receive("/", { "Content-Type": "text/plain; charset=latin1" }, { body: Buffer.from([0xe9]) }),
      post("text/plain", "x"),
    ],
  ])("%j", (pattern, yes, no) => {
    const matcher = matcherFor(pattern);
    expect([matcher.matches(yes), matcher.matches(no)]).toEqual([true, false]);
    expect([matcher.distance(yes), matcher.distance(no) > 0]).toEqual([0, true]);
  });

  test("credentials may be said to be basic in any case", () => {
    const matcher = matcherFor({ basicAuth: { username: "u", password: "p" } });
    expect(matcher.matches(receive("/", { Authorization: `BASIC ${btoa("u:p")}` }))).toBe(true);
    expect(matcher.matches(receive("/", { Authorization: `Basic ${btoa("U:p")}` }))).toBe(false);
    expect(matcher.matches(receive("/", { Authorization: "Bas" }))).toBe(false);
  });

  test("an empty pattern matches everything", () => {
    expect(matcherFor({}).matches(receive("/x?y=z", {}, { method: "BREW" }))).toBe(true);
  });

  test("a pattern with a custom matcher matches nothing", () => {
    expect(matcherFor({ customMatcher: { name: "x" } }).matches(receive("/"))).toBe(false);
  });
});

describe("parts", () => {
  const part = (name: string, body: string, file = "") =>
    `--XX\r\nContent-Disposition: form-data; name="${name}"${file && `; filename="${file}"`}\r\nContent-Type: text/plain\r\n\r\n${body}\r\n`;
  const both = post("multipart/form-data; boundary=XX", `${part("n1", "hello", "f.txt")}${part("n2", "bye")}--XX--`);

  test.each<[Json, boolean]>([
    [[{ bodyPatterns: [{ equalTo: "hello" }] }], true],
    [[{ bodyPatterns: [{ equalTo: "hello" }] }, { bodyPatterns: [{ equalTo: "bye" }] }], true],
    [[{ bodyPatterns: [{ equalTo: "hello" }] }, { bodyPatterns: [{ equalTo: "no" }] }], false],
    [[{ matchingType: "ALL", bodyPatterns: [{ equalTo: "hello" }] }], false],
    [[{ matchingType: "ALL", bodyPatterns: [{ matches: "hello|bye" }] }], true],
    [[{ headers: { "content-disposition": { contains: 'name="n2"' } }, bodyPatterns: [{ equalTo: "bye" }] }], true],
    [[{ headers: { "content-disposition": { contains: 'name="n2"' } }, bodyPatterns: [{ equalTo: "hello" }] }], false],
    [[{ bodyPatterns: [{ binaryEqualTo: "YnVl" }] }], false],
    [[{ bodyPatterns: [{ binaryEqualTo: "Ynll" }] }], true],
    [[{ fileName: "f.txt", bodyPatterns: [] }], true],
    [[{ fileName: "other.txt", bodyPatterns: [] }], false],
    [[{ fileName: "other.txt" }], true],
    [[{ name: "a label" }], true],
    [[{}], true],
  ])("%j: %s", (multipartPatterns, expected) => {
    expect(matcherFor({ multipartPatterns }).matches(both)).toBe(expected);
  });

  test("are asked for in vain of a request that has none", () => {
    for (const matchingType of ["ALL", "ANY"]) {
      expect(matcherFor({ multipartPatterns: [{ matchingType }] }).matches(post("text/plain", "x"))).toBe(false);
    }
  });
});

describe("the distance of a request is WireMock's:", () => {
  test.each<[Json, MockRequest, number]>([
    [{ url: "/abc", method: "GET" }, receive("/abd"), 0.0641025641025641],
    [{ url: "/abc", method: "POST" }, receive("/abc"), 0.07692307692307693],
    [{ urlPathPattern: "/x.*" }, receive("/abc"), 0.2564102564102564],
    [{ urlPathTemplate: "/things/{id}" }, receive("/thing/12"), 0.08547008547008546],
    [
      { urlPath: "/abc", headers: { A: { equalTo: "abcd" }, B: { contains: "x" } } },
      receive("/abc", { A: "abce", B: "y" }),
      0.01358695652173913,
    ],
    [{ urlPath: "/abc", queryParameters: { q: { equalTo: "1" }, r: { equalTo: "2" } } }, receive("/abc?q=1&r=3"), 0.010869565217391304],
    [{ urlPath: "/abc", cookies: { c: { equalTo: "1" } } }, receive("/abc"), 0.021739130434782608],
    [{ port: 1 }, receive("/abc"), 0.2564102564102564],
    [{ scheme: "https" }, receive("/abc"), 0.07692307692307693],
    [{ host: { equalTo: "localhosx" } }, receive("/abc"), 0.02849002849002849],
    [{ bodyPatterns: [{ equalTo: "abcd" }, { contains: "b" }] }, post("text/plain", "abce"), 0.002717391304347826],
    [{ multipartPatterns: [{ bodyPatterns: [{ equalTo: "x" }] }] }, post("text/plain", "abce"), 0.021739130434782608],
    [{ customMatcher: { name: "x" } }, receive("/abc"), 0.5],
    [{ basicAuth: { username: "u", password: "p" } }, receive("/abc"), 0.021739130434782608],
    [{ headers: { A: { hasExactly: [{ equalTo: "1" }, { equalTo: "2" }] } } }, receive("/", { A: "1" }), 0.016304347826086956],
    [{ headers: { A: { includes: [{ equalTo: "1" }, { equalTo: "2" }] } } }, receive("/", { A: "1" }), 0.010869565217391304],
    [{}, receive("/abc"), 0],
  ])("%j", (pattern, request, distance) => {
    expect(matcherFor(pattern).distance(request)).toBe(distance);
  });
});

test("path parameters are those of a template, raw", () => {
  expect(matcherFor({ urlPathTemplate: "/a/{b}/{c}" }).pathParameters(receive("/a/x%20y/z?q"))).toEqual({ b: "x%20y", c: "z" });
  expect(matcherFor({ urlPathTemplate: "/a/{b}" }).pathParameters(receive("/c"))).toBeUndefined();
  expect(matcherFor({ urlPath: "/a" }).pathParameters(receive("/a"))).toBeUndefined();
});

test("what a pattern does not ask for is not parsed", () => {
  const request = receive("/a?x=1", { Cookie: "a=b", "Content-Type": "application/x-www-form-urlencoded" });
  const touched: string[] = [];
  const watched = new Proxy(request, {
    get(target, name) {
      touched.push(String(name));
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  expect(matcherFor({ method: "GET", urlPath: "/a" }).matches(watched)).toBe(true);
  expect(touched.filter((name) => ["query", "cookies", "form", "parts", "text", "headers"].includes(name))).toEqual([]);
});
