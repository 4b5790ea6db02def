import { describe, expect, test } from "vitest";
import { parseStubMapping } from "../mapping/parse-stub-mapping.ts";
import type { Json, JsonObject } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { explainMiss } from "./explain-miss.ts";
import { renderDiff } from "./render-diff.ts";
import { compileValue } from "./values/compile-value.ts";

function receive(method: string, target: string, headers: Record<string, string> = {}, body = ""): MockRequest {
  const rawHeaders = Object.entries({ Host: "localhost:8080", ...headers }).flat();
  return receiveRequest({
    method,
    target,
    rawHeaders,
    httpVersion: "1.1",
    scheme: "http",
    remoteAddress: "127.0.0.1",
    body: Buffer.from(body),
  });
}

function explain(json: Json, request: MockRequest, scenarioState?: string) {
  const parsed = parseStubMapping(json);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return explainMiss(parsed.value, request, scenarioState);
}

/** The lines between the head and the foot of the page. */
function rows(json: Json, request: MockRequest, scenarioState?: string) {
  const page = renderDiff(explain(json, request, scenarioState)).split("\n");
  return page.slice(8, -3).map((row) => row.trimEnd());
}

const bar = `${" ".repeat(59)}|`;

function row(left: string, right: string, message?: string) {
  if (message === undefined) return `${left.padEnd(59)}| ${right}`.trimEnd();
  return right === "" ? `${left.padEnd(59)}|${" ".repeat(53)}<<<<< ${message}` : `${left.padEnd(59)}| ${right.padEnd(52)}<<<<< ${message}`;
}

test("the page has WireMock's form to the byte", () => {
  const diff = explain({ name: "my stub", request: { url: "/a", method: "POST" } }, receive("GET", "/b"));
  expect(renderDiff(diff)).toBe(
    [
      "",
      "                                               Request was not matched",
      "                                               =======================",
      "",
      "-".repeat(119),
      "| Closest stub                                             | Request                                                  |",
      "-".repeat(119),
      bar,
      `my stub${" ".repeat(52)}|`,
      bar,
      "POST                                                       | GET                                                 <<<<< HTTP method does not match",
      "/a                                                         | /b                                                  <<<<< URL does not match",
      bar,
      bar,
      "-".repeat(119),
      "",
    ].join("\n"),
  );
});

describe("the page says of", () => {
  test("headers, with their operators", () => {
    const headers = {
      Accept: { equalTo: "text/plain" },
      "X-M": { matches: "[0-9]+" },
      "X-Abs": { absent: true },
      A: { hasExactly: [{ equalTo: "1" }] },
    };
    expect(rows({ request: { headers } }, receive("GET", "/x", { Accept: "*/*", "X-M": "7", A: "2" }))).toEqual([
      row("ANY", "GET"),
      row("(always)", "/x"),
      bar,
      row("Accept: text/plain", "Accept: */*", "Header does not match"),
      row("X-M [matches] : [0-9]+", "X-M: 7"),
      row("X-Abs [absent] : (absent)", "", "Header is not present"),
      row("A exactly [equalTo 1]", "A: 2", "Header does not match"),
      bar,
    ]);
  });

  test("credentials, before the other headers, with the scheme's case left open", () => {
    const request = { basicAuth: { username: "u", password: "p" }, headers: { A: { equalTo: "1" } } };
    const page = rows({ request }, receive("GET", "/x", { Authorization: "Basic eDp5" }));
    const lines = [
      row("Authorization [prefix] : Basic dTpw", "Authorization: Basic eDp5", "Header does not match"),
      row("A: 1", "", "Header is not present"),
    ];
    expect(page.join("\n")).toContain(lines.join("\n"));
    expect(rows({ request }, receive("GET", "/x", { Authorization: "bAsIc dTpw" }))).toContain(
      row("Authorization [prefix] : Basic dTpw", "Authorization: bAsIc dTpw"),
    );
  });

  test("a host as the stub writes it and as it was sent", () => {
    const request = { host: { equalTo: "API.Example" }, method: "PUT" };
    const page = rows(
      { request },
      receiveRequest({
        ...receive("GET", "/x"),
        method: "GET",
        target: "/x",
        rawHeaders: ["Host", "API.Example"],
        httpVersion: "1.1",
        scheme: "http",
        body: Buffer.alloc(0),
      }),
    );
    expect(page).toContain(row("API.Example", "API.Example"));
  });

  test("a body whose expression cannot be read, as it came", () => {
    const request = { bodyPatterns: [{ matchesXPath: { expression: "//a[", equalTo: "1" } }] };
    expect(rows({ request }, receive("POST", "/x", {}, "<a/>"))).toContain(row("//a[ [equalTo] 1", "<a/>", "Body does not match"));
  });

  test("what a path found, without its empty fields", () => {
    const request = { bodyPatterns: [{ matchesJsonPath: { expression: "$.a", equalTo: "1" } }] };
    const page = rows({ request }, receive("POST", "/x", {}, '{"a":{"b":null,"c":1}}')).join("\n");
    expect(page).toContain('"c" : 1');
    expect(page).not.toContain('"b"');
  });

  test("anything by its name", () => {
    const request = { headers: { A: { anything: "anything" } }, method: "PUT" };
    expect(rows({ request }, receive("GET", "/x", { A: "1" }))).toContain(row("A [anything] : anything", "A: 1"));
  });

  test("nothing of what one alternative stumbled over", () => {
    const noticed: string[] = [];
    const matcher = compileValue({ kind: "or", patterns: [{ kind: "equalToJson", value: "{}", given: "string" }, { kind: "absent" }] });
    expect(matcher.matches("no json", (type) => noticed.push(type))).toBe(false);
    expect(noticed).toEqual([]);
  });

  test("query, form and cookies, with all values of a name", () => {
    const queryParameters = { x: { equalTo: "1" }, y: { contains: "z" } };
    expect(rows({ request: { urlPath: "/a", queryParameters } }, receive("GET", "/a?x=2&x=3"))).toEqual([
      row("ANY", "GET"),
      row("[path] /a", "/a?x=2&x=3"),
      bar,
      row("Query: x = 1", "x: 2", "Query does not match"),
      row("", "x: 3"),
      row("Query: y [contains] z", "", "Query is not present"),
      bar,
    ]);
    const form = receive("POST", "/", { "Content-Type": "application/x-www-form-urlencoded" }, "f=2");
    expect(rows({ request: { formParameters: { f: { equalTo: "1" } } } }, form)).toContain(
      row("Form: f = 1", "f: 2", "Form data does not match"),
    );
    expect(rows({ request: { cookies: { s: { equalTo: "1" } } } }, receive("GET", "/", { Cookie: "s=2" }))).toContain(
      row("Cookie: s=1", "2", "Cookie does not match"),
    );
  });

  test("path parameters, once the template fits", () => {
    const request = { urlPathTemplate: "/x/{a}/{b}", pathParameters: { a: { equalTo: "1" }, b: { matches: "[a-z]+" } } };
    expect(rows({ request }, receive("GET", "/x/2/3")).slice(1)).toEqual([
      row("[path template] /x/{a}/{b}", "/x/2/3"),
      bar,
      row("Path parameter: a = 1", "2", "Path parameter does not match"),
      row("Path parameter: b [matches] [a-z]+", "3", "Path parameter does not match"),
      bar,
    ]);
    expect(rows({ request }, receive("GET", "/y"))).toHaveLength(3);
  });

  test("where a request goes to", () => {
    const request = { host: { equalTo: "example.com" }, port: 99, scheme: "https", clientIp: { matches: "10\\..*" } };
    expect(rows({ request }, receive("GET", "/")).slice(0, 4)).toEqual([
      row("example.com", "localhost", "Host does not match"),
      row("99", "8080", "Port does not match"),
      row("matches 10\\..*", "127.0.0.1", "ClientIp does not match"),
      row("https", "http", "Scheme does not match"),
    ]);
  });

  test("mistakes in URLs that are easily made", () => {
    expect(rows({ request: { urlPattern: "/a[0-9]?x=1" } }, receive("GET", "/b"))[1]).toContain(
      'URL does not match. When using a regex, "?" should be "\\?"',
    );
    expect(rows({ request: { urlPathPattern: "a/.*" } }, receive("GET", "/b"))[1]).toContain(
      "URL does not match. URLs must start with a /",
    );
    expect(rows({ request: { urlPattern: ".*", method: "PUT" } }, receive("GET", "/b"))[1]).toBe(row("[regex] .*", "/b"));
  });

  test("bodies that do not match, and nothing of those that do", () => {
    const bodyPatterns: readonly JsonObject[] = [{ contains: "b" }, { equalTo: "abc" }];
    expect(rows({ request: { bodyPatterns } }, receive("POST", "/", {}, "abd")).slice(3)).toEqual([
      row("[equalTo]", "", "Body does not match"),
      row("abc", "abd"),
    ]);
    expect(rows({ request: { bodyPatterns: [{ binaryEqualTo: "aGVsbG8=" }] } }, receive("POST", "/", {}, "bye")).slice(3)).toEqual([
      row("aGVsbG8=", "Ynll", "Body does not match"),
    ]);
  });

  test("a scenario in another state", () => {
    const stub = { scenarioName: "cart", requiredScenarioState: "full" };
    expect(rows(stub, receive("GET", "/"), "Started").at(-1)).toBe(
      row("[Scenario 'cart' state: full]", "[Scenario 'cart' state: Started]", "Scenario does not match"),
    );
    expect(rows(stub, receive("GET", "/"), "full").at(-1)).toBe(row("[Scenario 'cart' state: full]", "[Scenario 'cart' state: full]"));
  });

  test("parts, and of a request without any", () => {
    const part = '--XX\r\nContent-Disposition: form-data; name="n1"\r\n\r\nhello\r\n--XX--';
    const request = receive("POST", "/", { "Content-Type": "multipart/form-data; boundary=XX" }, part);
    expect(rows({ request: { multipartPatterns: [{ bodyPatterns: [{ contains: "bye" }] }] } }, request).slice(3)).toEqual([
      bar,
      row("[Multipart]", "[n1]"),
      bar,
      row("[contains]", "", "Body does not match"),
      row("bye", "hello"),
      bar,
      row("[/Multipart]", "[/n1]"),
      bar,
    ]);
    expect(rows({ request: { multipartPatterns: [{}] } }, receive("POST", "/", {}, "x")).at(-1)).toBe(
      row("[Multipart request body]", "", "[Multipart request body] is not present"),
    );
  });

  test("a custom matcher, that there is one", () => {
    expect(rows({ request: { customMatcher: { name: "cm" } } }, receive("GET", "/")).at(-1)).toBe(
      row("[custom matcher: cm]", "[custom matcher: cm]"),
    );
  });
});

describe("long texts", () => {
  const long = `/${"segment/".repeat(12)}end`;

  test("are broken to fit their half, words first", () => {
    const body = "a very long body that is wrapped because it is longer than the half of the page and more";
    const page = rows({ request: { url: long, bodyPatterns: [{ contains: "nope" }] } }, receive("POST", long, {}, body));
    expect(page.slice(1, 3)).toEqual([row(long.slice(0, 57), long.slice(0, 57)), row(long.slice(57), long.slice(57))]);
    expect(page.slice(-2)).toEqual([
      row("[contains]", "a very long body that is wrapped because it is longer", "Body does not match"),
      row("nope", "than the half of the page and more"),
    ]);
  });

  test("have the room that the client's console has", () => {
    const diff = explain({ request: { url: long } }, receive("GET", "/"));
    expect(renderDiff(diff, 300).split("\n")).toContainEqual(expect.stringContaining(long));
    for (const width of [Number.NaN, -5, 0, 1e9, 3.7]) {
      const widths = renderDiff(diff, width)
        .split("\n")
        .map((each) => each.length);
      expect(Math.max(...widths)).toBeLessThan(1100);
    }
  });

  test("are cut where they are no use to anyone", () => {
    const page = renderDiff(explain({ request: { bodyPatterns: [{ equalTo: "x" }] } }, receive("POST", "/", {}, "y".repeat(1_000_000))));
    expect(page).toContain("(967232 more characters)");
  });
});
