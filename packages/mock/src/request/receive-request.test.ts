import { describe, expect, test } from "vitest";
import { type ReceivedParts, receiveRequest } from "./receive-request.ts";

function receive(target: string, headers: Record<string, string> = {}, more: Partial<ReceivedParts> = {}) {
  return receiveRequest({
    method: "GET",
    target,
    rawHeaders: Object.entries(headers).flat(),
    httpVersion: "1.1",
    scheme: "http",
    localAddress: "127.0.0.1",
    localPort: 8080,
    remoteAddress: "10.0.0.7",
    body: Buffer.alloc(0),
    ...more,
  });
}

describe("the target", () => {
  test.each([
    ["/a?x=1", "/a?x=1", "/a"],
    ["/a?", "/a", "/a"],
    ["/a?b=?", "/a?b=?", "/a"],
    ["/a?x=1#frag", "/a?x=1", "/a"],
    ["/a;v=1/b%2Fc/../d//e", "/a;v=1/b%2Fc/../d//e", "/a;v=1/b%2Fc/../d//e"],
    ["//double/x", "//double/x", "//double/x"],
    ["*", "*", "*"],
    ["http://foo.example:99/p/q?x=1", "/p/q?x=1", "/p/q"],
    ["http://foo.example", "/", "/"],
    ["http://foo.example?x=1", "/?x=1", "/"],
    ["/%zz|", "/%zz|", "/%zz|"],
  ])("%s is url %s with path %s", (target, url, path) => {
    const request = receive(target);
    expect([request.url, request.path]).toEqual([url, path]);
  });

  test("raw bytes in it are UTF-8", () => {
    expect(receive(Buffer.from("/é?ü=ß").toString("latin1")).url).toBe("/é?ü=ß");
  });
});

test("a caller of version 4 is named as such on a socket of version 6", () => {
  expect(receive("/", {}, { remoteAddress: "::ffff:10.0.0.8" }).clientIp).toBe("10.0.0.8");
  expect(receive("/", {}, { remoteAddress: "::1" }).clientIp).toBe("::1");
  expect(receive("/", {}, { remoteAddress: "fe80::1" }).clientIp).toBe("fe80::1");
});

describe("where a request goes", () => {
  test.each([
    ["/h", { Host: "FOO.Example:1234" }, "foo.example", 1234, "http://FOO.Example:1234/h"],
    ["/h", { Host: "foo" }, "foo", 80, "http://foo/h"],
    ["/h", { Host: "foo:80" }, "foo", 80, "http://foo/h"],
    ["/h", { Host: "foo:443" }, "foo", 443, "http://foo:443/h"],
    ["/h", { Host: "[::1]:81" }, "[::1]", 81, "http://[::1]:81/h"],
    ["/h", { Host: "[::1]" }, "[::1]", 80, "http://[::1]/h"],
    ["/h", { Host: "" }, "127.0.0.1", 8080, "http://127.0.0.1:8080/h"],
    ["/h", {}, "127.0.0.1", 8080, "http://127.0.0.1:8080/h"],
    ["/h", { ":authority": "h2.example" }, "h2.example", 80, "http://h2.example/h"],
    ["http://u:p@abs.example:99/p", { Host: "other" }, "abs.example", 99, "http://abs.example:99/p"],
    ["/h", { Host: "foo", "X-Forwarded-Host": "bar" }, "foo", 80, "http://foo/h"],
  ])("%s with %j", (target, headers, host, port, absoluteUrl) => {
    const request = receive(target, headers);
    expect([request.host, request.port, request.absoluteUrl]).toEqual([host, port, absoluteUrl]);
  });

  test("an absolute https target is https wherever it arrived", () => {
    const request = receive("HTTPS://secure.example/p");
    expect([request.scheme, request.port, request.absoluteUrl]).toEqual(["https", 443, "https://secure.example/p"]);
  });

  test("who asks is said by X-Forwarded-For, else by the socket", () => {
    expect(receive("/", { "X-Forwarded-For": "1.2.3.4, 5.6.7.8" }).clientIp).toBe("1.2.3.4, 5.6.7.8");
    expect(receive("/", { "X-Forwarded-For": "" }).clientIp).toBe("10.0.0.7");
  });
});

describe("headers", () => {
  test("are found in any case and keep order, case and repeats", () => {
    const request = receive("/", {}, { rawHeaders: ["A", "1", "B", "x", "a", "2", ":path", "/"] });
    expect(request.header("a")).toEqual(["1", "2"]);
    expect(request.header("missing")).toEqual([]);
    expect(request.headers.map(({ name, value }) => `${name}=${value}`)).toEqual(["A=1", "B=x", "a=2"]);
  });

  test("the method is in upper case", () => {
    expect(receive("/", {}, { method: "get" }).method).toBe("GET");
  });
});

describe("the query", () => {
  test.each([
    ["?x=1&x=2&y", { x: ["1", "2"], y: [""] }],
    ["?a+b=c+d%20e", { "a b": ["c d e"] }],
    ["?a=%C3%A9&b=%E9", { a: ["é"], b: ["\ufffd"] }],
    ["?&&a=1&&", { "": ["", ""], a: ["1"] }],
    ["?&", {}],
    ["?a=1;b=2", { a: ["1;b=2"] }],
    ["?=x&=y", { "": ["x", "y"] }],
    ["?x=a=b", { x: ["a=b"] }],
    ["?d=2020-01-01T00:00:00+01:00", { d: ["2020-01-01T00:00:00+01:00"] }],
    ["?d=2020-01-01T00%3A00%3A00%2B01%3A00", { d: ["2020-01-01T00:00:00+01:00"] }],
    ["?q=%zz&%=%2&r=%4", { q: ["%zz"], "%": ["%2"], r: ["%4"] }],
    ["?x[]=1&x[]=2", { "x[]": ["1", "2"] }],
    ["?__proto__=1&constructor=2", { ["__proto__"]: ["1"], constructor: ["2"] }],
  ])("%s", (query, expected) => {
    expect([...receive(`/a${query}`).query]).toEqual(Object.entries(expected));
  });
});

describe("a form", () => {
  function post(type: string, body: string | Buffer) {
    return receive("/f", { "Content-Type": type }, { method: "POST", body: Buffer.from(body) });
  }

  test.each([
    ["application/x-www-form-urlencoded", "a=1&b=2&a=3&c", { a: ["1", "3"], b: ["2"], c: [""] }],
    ["application/x-www-form-urlencoded; charset=ISO-8859-1", "a=%E9", { a: ["é"] }],
    ["Application/X-WWW-Form-Urlencoded", "a=1", { a: ["1"] }],
    ["application/x-www-form-urlencoded", "a=%C3%A9+x&=v&&d==", { a: ["é x"], "": ["v"], d: ["="] }],
    ["application/x-www-form-urlencoded", "d=2020-01-01T00:00:00+01:00", { d: ["2020-01-01T00:00:00 01:00"] }],
    ["application/x-www-form-urlencoded", "a=%zz&b=%", { a: ["%zz"], b: ["%"] }],
    ["application/x-www-form-urlencoded", "", {}],
    ["text/plain", "a=1", {}],
  ])("of type %s with %s", (type, body, expected) => {
    expect([...post(type, body).form]).toEqual(Object.entries(expected));
  });
});

describe("the text of a body", () => {
  test.each([
    ["application/json", Buffer.from("é"), "é"],
    ["text/plain; charset=iso-8859-1", Buffer.from([0xe9, 0x80]), "é\u0080"],
    ['text/plain;charset="UTF-16LE"', Buffer.from("é", "utf16le"), "é"],
    ["text/plain; charset=utf-16", Buffer.from([0x00, 0xe9]), "é"],
    ["text/plain; charset=utf-16", Buffer.from([0xff, 0xfe, 0xe9, 0x00]), "é"],
    ["text/plain; charset=shift_jis", Buffer.from([0x82, 0xa0]), "あ"],
    ["text/plain; charset=no-such", Buffer.from("é"), "é"],
    ["text/plain; charset=", Buffer.from("é"), "é"],
    ["", Buffer.from([0xff]), "\ufffd"],
  ])("of type %s", (type, body, text) => {
    expect(receive("/", { "Content-Type": type }, { body }).text).toBe(text);
  });
});

describe("the request id", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

  test("is the trace id of traceparent, else X-Request-Id", () => {
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    expect(receive("/", { traceparent, "X-Request-Id": "r1" }).requestId).toBe(traceId);
    expect(receive("/", { "X-Request-Id": "r1" }).requestId).toBe("r1");
    expect(receive("/").requestId).toBeUndefined();
  });

  test("is not taken from a broken traceparent", () => {
    for (const traceparent of [`00-${traceId}`, `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, "x"]) {
      expect(receive("/", { traceparent, "X-Request-Id": "r1" }).requestId).toBe("r1");
    }
  });

  test("is cut where a client sends far more than an id", () => {
    expect(receive("/", { "X-Request-Id": "r".repeat(5000) }).requestId).toHaveLength(200);
  });
});

test("a request has one id of its own", () => {
  const request = receive("/");
  expect(request.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(request.id).toBe(request.id);
  expect(receive("/").id).not.toBe(request.id);
});
