import { describe, expect, test } from "vitest";
import { dottedPath } from "./mapping-finding.ts";
import { parseRequestPattern } from "./parse-request-pattern.ts";

function read(value: unknown) {
  const parsed = parseRequestPattern(value);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.value;
}

function found(value: unknown) {
  return parseRequestPattern(value).findings.map(({ severity, path, code }) => `${severity} ${dottedPath(path)} ${code}`);
}

const any = { url: { kind: "any" }, method: { kind: "any" } };
const x = { kind: "equalTo", value: "x" };

describe("a request pattern", () => {
  test.each<[unknown, object]>([
    [{}, {}],
    [null, {}],
    [{ method: null, url: null, headers: null }, {}],
    [{ url: "/a?b" }, { url: { kind: "url", value: "/a?b" } }],
    [
      { port: 1.0, urlPath: "/1" },
      { port: 1, url: { kind: "urlPath", value: "/1" } },
    ],
    [{ urlPattern: "/a.*" }, { url: { kind: "urlPattern", value: "/a.*" } }],
    [{ urlPath: "/a" }, { url: { kind: "urlPath", value: "/a" } }],
    [{ urlPathPattern: "/a.*" }, { url: { kind: "urlPathPattern", value: "/a.*" } }],
    [{ urlPathTemplate: "/a/{b}" }, { url: { kind: "urlPathTemplate", value: "/a/{b}" } }],
    [{ method: "ANY" }, {}],
    [{ method: "get" }, { method: { kind: "one", name: "GET" } }],
    [{ method: "GET_OR_HEAD" }, { method: { kind: "one", name: "GET_OR_HEAD" } }],
    [{ method: { oneOf: ["GET", "put"] } }, { method: { kind: "oneOf", names: ["GET", "PUT"] } }],
    [{ method: { noneOf: ["GET"] } }, { method: { kind: "noneOf", names: ["GET"] } }],
    [
      { scheme: "https", port: "8080", host: { equalTo: "x" }, clientIp: { equalTo: "x" } },
      { scheme: "https", port: 8080, host: x, clientIp: x },
    ],
    [
      { headers: { A: { equalTo: "x" } }, cookies: {} },
      { headers: { A: x }, cookies: {} },
    ],
    [
      { queryParameters: { a: { equalTo: "x" } }, formParameters: { b: { equalTo: "x" } } },
      { queryParameters: { a: x }, formParameters: { b: x } },
    ],
    [{ basicAuth: { username: "u", password: "" } }, { basicAuthCredentials: { username: "u", password: "" } }],
    [
      { basicAuth: { username: "a", password: "b" }, basicAuthCredentials: { username: "c", password: "d" } },
      { basicAuthCredentials: { username: "c", password: "d" } },
    ],
    [{ bodyPatterns: [{ binaryEqualTo: "aGk" }, { equalTo: "x" }] }, { bodyPatterns: [{ kind: "binaryEqualTo", base64: "aGk=" }, x] }],
    [
      { multipartPatterns: [{ matchingType: "ALL", headers: { A: { equalTo: "x" } }, bodyPatterns: [] }, {}] },
      { multipartPatterns: [{ matchingType: "ALL", headers: { A: x }, bodyPatterns: [] }, {}] },
    ],
    [
      { urlPathTemplate: "/{;a*}", pathParameters: { a: { equalTo: "x" } } },
      { url: { kind: "urlPathTemplate", value: "/{;a*}" }, pathParameters: { a: x } },
    ],
  ])("%j is read", (json, pattern) => {
    expect(read(json)).toEqual({ ...any, ...pattern });
    expect(found(json)).toEqual([]);
  });

  test("keeps names that are members of every object", () => {
    const headers = JSON.parse('{"__proto__": {"equalTo": "x"}, "constructor": {"equalTo": "x"}}');
    expect(Object.entries(read({ headers }).headers ?? {})).toEqual([
      ["__proto__", x],
      ["constructor", x],
    ]);
  });
});

describe("what is refused:", () => {
  test.each<[unknown, string[]]>([
    [[], ["error  wrong-type"]],
    [{ urlPart: "/" }, ["error urlPart unknown-field"]],
    [{ url: {} }, ["error url wrong-type"]],
    [{ urlPattern: "/a(" }, ["error urlPattern bad-value"]],
    [{ urlPathPattern: "[" }, ["error urlPathPattern bad-value"]],
    [{ method: ["GET"] }, ["error method wrong-type"]],
    [{ method: 1 }, ["error method wrong-type"]],
    [{ method: { oneOf: [] } }, ["error method.oneOf bad-value"]],
    [{ method: { oneOf: ["GET"], foo: 1 } }, ["error method.foo unknown-field"]],
    [{ port: "a" }, ["error port wrong-type"]],
    [{ port: 70000 }, ["error port bad-value"]],
    [{ host: "x" }, ["error host bad-pattern"]],
    [{ headers: [] }, ["error headers wrong-type"]],
    [{ headers: { A: "x" }, cookies: { b: 1 } }, ["error headers.A bad-pattern", "error cookies.b bad-pattern"]],
    [{ bodyPatterns: {} }, ["error bodyPatterns wrong-type"]],
    [{ bodyPatterns: [null, "x"] }, ["error bodyPatterns[0] bad-pattern", "error bodyPatterns[1] bad-pattern"]],
    [{ bodyPatterns: [{ binaryEqualTo: "###" }] }, ["error bodyPatterns[0].binaryEqualTo bad-value"]],
    [{ bodyPatterns: [{ binaryEqualTo: "a" }] }, ["error bodyPatterns[0].binaryEqualTo bad-value"]],
    [{ bodyPatterns: [{ binaryEqualTo: null }] }, ["error bodyPatterns[0].binaryEqualTo wrong-type"]],
    [{ cookies: { a: { hasExactly: [] } } }, ["error cookies.a bad-pattern"]],
    [{ multipartPatterns: [{ matchingType: "any" }] }, ["error multipartPatterns[0].matchingType bad-value"]],
    [
      { multipartPatterns: [{ filename: "x" }, null] },
      ["error multipartPatterns[0].filename unknown-field", "error multipartPatterns[1] wrong-type"],
    ],
    [{ basicAuth: { username: "a" } }, ["error basicAuth bad-value"]],
    [{ basicAuth: { username: "a", password: "b", realm: "c" } }, ["error basicAuth.realm unknown-field"]],
    [{ basicAuthCredentials: "x" }, ["error basicAuthCredentials wrong-type"]],
    [{ customMatcher: {} }, ["error customMatcher bad-value"]],
    [{ urlPath: "/a", pathParameters: { b: { equalTo: "x" } } }, ["error pathParameters bad-value"]],
    [{ urlPathTemplate: "/{a}", pathParameters: { b: { equalTo: "x" } } }, ["error pathParameters.b bad-value"]],
  ])("%j", (json, findings) => {
    expect(found(json)).toEqual(findings);
    expect(parseRequestPattern(json).ok).toBe(false);
  });
});

describe("what is taken, but hardly meant, is warned of:", () => {
  test.each([
    [{ url: "/a", urlPath: "/b" }, ["warning urlPath ignored-field"]],
    [{ scheme: "ftp" }, ["warning scheme never-matches"]],
    [{ url: "a" }, ["warning url never-matches"]],
    [{ urlPath: "/a?b=1" }, ["warning urlPath never-matches"]],
    [{ url: "/a", queryParameters: { b: { equalTo: "1" } } }, ["warning url never-matches"]],
    [{ customMatcher: { name: "x", parameters: { a: 1 } } }, ["warning customMatcher never-matches"]],
    [
      { multipartPatterns: [{ name: "n", fileName: "f" }] },
      ["warning multipartPatterns[0].name ignored-field", "warning multipartPatterns[0].fileName ignored-field"],
    ],
  ])("%j", (json, findings) => {
    expect(found(json)).toEqual(findings);
    expect(parseRequestPattern(json).ok).toBe(true);
  });

  test.each([
    [{ urlPattern: ".*" }],
    [{ urlPathTemplate: "{a}" }],
    [{ url: "/a", queryParameters: { b: { absent: true } } }],
    [{ multipartPatterns: [{ name: "n", headers: { "Content-Disposition": { contains: "n" } } }] }],
  ])("and not of %j", (json) => {
    expect(found(json)).toEqual([]);
  });
});
