import { describe, expect, test } from "vitest";
import { isMultipart, parseMultipart } from "./parse-multipart.ts";

const file = 'Content-Disposition: form-data; name="n1"; filename="f.txt"\r\nContent-Type: text/plain\r\nX-A: 1\r\n\r\nhello';
const field = 'Content-Disposition: form-data; name="n2"\r\n\r\n{"a":1}';

function body(...parts: string[]): Buffer {
  return Buffer.from(`${parts.map((part) => `--XX\r\n${part}\r\n`).join("")}--XX--\r\n`);
}

function read(content: Buffer, type = "multipart/form-data; boundary=XX") {
  return parseMultipart(content, type);
}

describe("a multipart body", () => {
  test("gives its parts with names, headers in any case, bytes and text", () => {
    const [one, two, ...rest] = read(body(file, field));
    expect(rest).toEqual([]);
    expect([one?.name, one?.fileName, one?.header("x-a"), one?.text]).toEqual(["n1", "f.txt", ["1"], "hello"]);
    expect([two?.name, two?.fileName, two?.body.toString()]).toEqual(["n2", undefined, '{"a":1}']);
  });

  test("keeps bytes that look like line ends and boundaries", () => {
    const tricky = `${field}\r\n--XY\r\n\r\n--X`;
    expect(read(body(tricky)).map(({ text }) => text)).toEqual(['{"a":1}\r\n--XY\r\n\r\n--X']);
  });

  test("may have a preamble, an epilogue, a quoted boundary and empty parts", () => {
    const content = Buffer.concat([
      Buffer.from("preamble\r\n"),
      body('Content-Disposition: form-data; name="e"\r\n\r\n'),
      Buffer.from("epilogue"),
    ]);
    expect(read(content, 'Multipart/Form-Data; charset=utf-8; boundary="XX"').map(({ name, text }) => [name, text])).toEqual([["e", ""]]);
  });

  test("of related parts has all of them, called by their places", () => {
    const content = body('Content-Type: application/xop+xml; type="text/xml"\r\n\r\n<a/>', "Content-ID: <x@y>\r\n\r\nt", file);
    expect(read(content, "multipart/related; boundary=XX").map(({ name, text }) => [name, text])).toEqual([
      ["part-0", "<a/>"],
      ["part-1", "t"],
      ["part-2", "hello"],
    ]);
    expect(read(content, "multipart/mixed; boundary=XX").map(({ name }) => name)).toEqual(["n1"]);
  });

  test("takes the first of two boundaries", () => {
    expect(read(body(file), "multipart/form-data; boundary=XX; boundary=YY")).toHaveLength(1);
  });

  test("gives the files of a nested multipart/mixed the name it has", () => {
    const inner = `--IN\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\nA\r\n--IN\r\nContent-Disposition: attachment; filename="b.txt"\r\n\r\nB\r\n--IN--`;
    const outer = `Content-Disposition: form-data; name="files"\r\nContent-Type: multipart/mixed; boundary=IN\r\n\r\n${inner}`;
    expect(read(body(outer)).map(({ name, fileName, text }) => [name, fileName, text])).toEqual([
      ["files", "a.txt", "A"],
      ["files", "b.txt", "B"],
    ]);
  });

  test("unfolds headers and unescapes names", () => {
    const part = 'Content-Disposition: form-data;\r\n name="a\\"b"\r\nX-Long: 1\r\n\t2\r\n\r\nv';
    const [only] = read(body(part));
    expect([only?.name, only?.header("X-Long")]).toEqual(['a"b', ["1 2"]]);
  });
});

describe("what is no part", () => {
  test.each([
    ["without a disposition", "Content-Type: text/plain\r\n\r\nhello"],
    ["without a name", "Content-Disposition: form-data\r\n\r\nhello"],
    ["of another disposition", 'Content-Disposition: inline; name="a"\r\n\r\nhello'],
    ["without an end of its headers", 'Content-Disposition: form-data; name="a"'],
    ["with headers beyond all measure", `X: ${"x".repeat(20_000)}\r\nContent-Disposition: form-data; name="a"\r\n\r\nv`],
  ])("a part %s is left out, others stay", (_, part) => {
    expect(read(body(part, field)).map(({ name }) => name)).toEqual(["n2"]);
  });

  test.each([
    ["garbage", "multipart/form-data; boundary=XX"],
    ["--XX", "multipart/form-data; boundary=XX"],
    ["--XX--", "multipart/form-data; boundary=XX"],
    ["--XX\n\nbare line ends\n--XX--", "multipart/form-data; boundary=XX"],
    ["--XX\r\n", "multipart/form-data"],
    ["--\r\n\r\n--", "multipart/form-data; boundary="],
    ["--XX\r\n", `multipart/form-data; boundary=${"X".repeat(1000)}`],
  ])("%j of type %s has no parts", (content, type) => {
    expect(read(Buffer.from(content), type)).toEqual([]);
  });

  test("a body that ends early gives the complete parts", () => {
    const cut = body(file, field).subarray(0, -30);
    expect(read(cut).map(({ name }) => name)).toEqual(["n1"]);
  });

  test("a body of very many parts gives a bounded number", () => {
    expect(read(body(...Array.from({ length: 3000 }, () => field)))).toHaveLength(1000);
  });
});

test("a type is multipart by its beginning", () => {
  expect([" Multipart/mixed", "multipart/form-data; x", "text/plain", undefined].map(isMultipart)).toEqual([true, true, false, false]);
});
