import { expect, test } from "vitest";
import type { Answer } from "../http/answer.ts";
import { compileCapture } from "./capture.ts";
import type { Capture } from "./scenario.ts";

function answer(body: string, headers: readonly string[] = []): Answer {
  const bytes = Buffer.from(body);
  return { status: 201, bodyBytes: bytes.length, headText: ["HTTP/1.1 201 Created", ...headers].join("\r\n"), body: bytes };
}

const take = (from: Capture["from"], of: Answer) => compileCapture({ as: "x", from }).take(of);

test("a place in a JSON body is taken as text, an object as JSON", () => {
  const body = answer('{"items":[{"id":41,"ok":false,"tags":["a"]}],"none":null}');
  expect(take({ json: "$.items[0].id" }, body)).toBe("41");
  expect(take({ json: "$.items[0].ok" }, body)).toBe("false");
  expect(take({ json: "$.items[-1].tags" }, body)).toBe('["a"]');
});

test("what is not there, null, or in no JSON at all is not taken", () => {
  expect(take({ json: "$.none" }, answer('{"none":null}'))).toBeUndefined();
  expect(take({ json: "$.a.b.c" }, answer('{"a":1}'))).toBeUndefined();
  expect(take({ json: "$.id" }, answer("<html>"))).toBeUndefined();
  expect(take({ json: "$.id" }, answer(""))).toBeUndefined();
});

test("a header is found in any case, the first of its name, and not by a part of it", () => {
  const head = answer("", ["X-Location: /no", "location:  /lists/1 ", "Location: /lists/2"]);
  expect(take({ header: "Location" }, head)).toBe("/lists/1");
  expect(take({ header: "ation" }, head)).toBeUndefined();
});

test("a cookie is taken by its name without its attributes", () => {
  const head = answer("", ["Set-Cookie: other=1", "set-cookie: sid=a=b; Path=/; HttpOnly"]);
  expect(take({ cookie: "sid" }, head)).toBe("a=b");
  expect(take({ cookie: "si" }, head)).toBeUndefined();
});

test("an expression gives its first group, else all it found, over line ends", () => {
  expect(take({ regex: "code=(\\d+)" }, answer("x code=17 y"))).toBe("17");
  expect(take({ regex: "b.c" }, answer("a\nb\nc"))).toBe("b\nc");
  expect(take({ regex: "z" }, answer("abc"))).toBeUndefined();
});

test("the status is taken as text", () => {
  expect(take({ status: true }, answer(""))).toBe("201");
});

test("a path that is none is refused when it is compiled, not in the run", () => {
  expect(() => compileCapture({ as: "x", from: { json: "$.a[" } })).toThrow(RangeError);
  expect(() => compileCapture({ as: "x", from: { regex: "(" } })).toThrow(SyntaxError);
});
