import { expect, test } from "vitest";
import { LastHead, type Progress, ResponseReader } from "./response-reader.ts";

interface Read {
  readonly progress: Progress;
  readonly reader: ResponseReader;
}

/** Fed in pieces of `size` bytes, as a network may cut it. */
function read(answer: string, { size = answer.length, method = "GET", last = new LastHead() } = {}): Read {
  const reader = new ResponseReader(last);
  reader.begin(method, true);
  const bytes = Buffer.from(answer, "latin1");
  let progress: Progress = "more";
  for (let at = 0; at < bytes.length && progress === "more"; at += size) progress = reader.feed(bytes.subarray(at, at + size));
  return { progress, reader };
}

const answers: readonly { name: string; text: string; status: number; body: string; keepAlive: boolean }[] = [
  { name: "a length", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", keepAlive: true },
  { name: "no body at 204", text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, body: "", keepAlive: true },
  {
    name: "no body at 304 with a length",
    text: "HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n",
    status: 304,
    body: "",
    keepAlive: true,
  },
  { name: "a length of 0", text: "HTTP/1.1 404 Not Found\r\nCONTENT-LENGTH:0\r\n\r\n", status: 404, body: "", keepAlive: true },
  {
    name: "chunks with an extension and a trailer",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n",
    status: 200,
    body: "hello world",
    keepAlive: true,
  },
  {
    name: "connection close",
    text: "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok",
    status: 200,
    body: "ok",
    keepAlive: false,
  },
  { name: "HTTP/1.0", text: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok", keepAlive: false },
  {
    name: "an answer before the answer",
    text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
    status: 201,
    body: "ok",
    keepAlive: true,
  },
];

for (const { name, text, status, body, keepAlive } of answers) {
  test(`an answer with ${name} is read the same however it is cut`, () => {
    for (let size = 1; size <= text.length; size++) {
      const { progress, reader } = read(text, { size });
      expect({ progress, status: reader.status, body: reader.body.toString(), keepAlive: reader.keepAlive }).toEqual({
        progress: "done",
        status,
        body,
        keepAlive,
      });
    }
  });
}

test("an answer without a length lasts until the connection ends, and the connection is not used again", () => {
  const { progress, reader } = read("HTTP/1.1 200 OK\r\n\r\nall of it");
  expect(progress).toBe("more");
  expect(reader.end()).toBe("done");
  expect(reader.body.toString()).toBe("all of it");
  expect(reader.keepAlive).toBe(false);
});

test("the answer to HEAD has no body, whatever its length says", () => {
  expect(read("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", { method: "HEAD" }).progress).toBe("done");
});

test("a connection that ends inside an answer is not the end of the answer", () => {
  const { reader } = read("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf");
  expect(reader.end()).toBe("more");
});

const garbage: readonly { name: string; text: string; reason: RegExp }[] = [
  { name: "another protocol", text: "SSH-2.0-OpenSSH_9.2\r\n", reason: /HTTP\// },
  { name: "another protocol with an empty line", text: "+OK\r\n\r\n", reason: /HTTP\// },
  { name: "a status that is no number", text: "HTTP/1.1 abc OK\r\n\r\n", reason: /status "abc"/ },
  { name: "a length that is no number", text: "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", reason: /content-length "-5"/ },
  { name: "two lengths", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", reason: /two different/ },
  {
    name: "a chunk size that is no number",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    reason: /chunk size "zz"/,
  },
  { name: "more bytes than it promised", text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay", reason: /2 bytes after/ },
  { name: "headers without end", text: `HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`, reason: /no end of the headers/ },
];

for (const { name, text, reason } of garbage) {
  test(`${name} is garbage, and the reason is told`, () => {
    const { progress, reader } = read(text);
    expect(progress).toBe("garbage");
    expect(reader.reason).toMatch(reason);
  });
}

test("a body without end is stopped at the limit, and no more than the limit is kept of it", () => {
  const reader = new ResponseReader(new LastHead(), { headBytes: 1024, bodyBytes: 10_000, keptBytes: 100 });
  reader.begin("GET", true);
  let progress = reader.feed(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"));
  for (let piece = 0; piece < 20 && progress === "more"; piece++) progress = reader.feed(Buffer.alloc(1000, 120));
  expect(progress).toBe("too-large");
  expect(reader.body.length).toBe(100);
});

test("answers of one server whose heads repeat, nearly repeat, or never repeat are read as if each came first", () => {
  const last = new LastHead();
  const answers: readonly (readonly [head: string, body: string])[] = [
    ["HTTP/1.1 200 OK\r\nContent-Length: 2", "ok"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2", "no"],
    ["HTTP/1.1 500 OK\r\nContent-Length: 2", "no"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 20", "this one goes on 123"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close", "ok"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "2\r\nok\r\n0\r\n\r\n"],
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2", "ok"],
  ];
  const unlike = Array.from({ length: 400 }, (_, index) => [`HTTP/1.1 200 OK\r\nX-Index: ${index}\r\nContent-Length: 2`, "ok"] as const);
  for (const [head, body] of [...answers, ...answers.flatMap((answer) => [answer, answer]), ...unlike, ...answers]) {
    for (const method of ["GET", "HEAD"]) {
      const text = `${head}\r\n\r\n${method === "HEAD" ? "" : body}`;
      for (const size of [text.length, 7]) {
        const again = read(text, { size, method, last });
        expect(again.progress).toBe("done");
        expect(seen(again)).toEqual(seen(read(text, { size, method })));
      }
    }
  }
});

function seen({ progress, reader }: Read): unknown {
  const { status, keepAlive, headText, bodyBytes, body } = reader;
  return { progress, status, keepAlive, headText, bodyBytes, body: body.toString("latin1") };
}
