import { gzipSync } from "node:zlib";
import type { JsonObject } from "../json.ts";
import type { WireRequest } from "../wire-request.ts";
import { type NamedCase, stubbed } from "./named-case.ts";

const anything: JsonObject = {
  request: { urlPattern: ".*" },
  response: {
    status: 200,
    transformers: ["response-template"],
    body: "{{request.method}} {{request.url}} {{request.host}}:{{request.port}} {{request.headers.Content-Type}} [{{request.body}}]",
  },
};

const chunked = (...chunks: readonly string[]) =>
  Buffer.from(`${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("")}0\r\n\r\n`);

const requests: readonly (readonly [title: string, request: WireRequest])[] = [
  ["a chunked body", { method: "POST", url: "/h", headers: [["Transfer-Encoding", "chunked"]], body: chunked("abc", "def") }],
  ["a gzipped body", { method: "POST", url: "/h", headers: [["Content-Encoding", "gzip"]], body: gzipSync("zipped") }],
  ["a body said to be gzipped that is not", { method: "POST", url: "/h", headers: [["Content-Encoding", "gzip"]], body: "plain" }],
  ["a body of unknown coding", { method: "POST", url: "/h", headers: [["Content-Encoding", "zstd"]], body: "plain" }],
  ["a GET with a body", { method: "GET", url: "/h", body: "unusual" }],
  ["a DELETE with a body", { method: "DELETE", url: "/h", body: "unusual" }],
  ["methods nobody knows", { method: "FROBNICATE", url: "/h" }],
  ["a method in lower case", { method: "post", url: "/h", body: "x" }],
  ["OPTIONS", { method: "OPTIONS", url: "/h" }],
  ["TRACE", { method: "TRACE", url: "/h" }],
  ["OPTIONS of the server", { method: "OPTIONS", url: "*" }],
  [
    "a preflight request",
    {
      method: "OPTIONS",
      url: "/h",
      headers: [
        ["Origin", "http://other.test"],
        ["Access-Control-Request-Method", "PUT"],
      ],
    },
  ],
  [
    "a body in Latin 1",
    { method: "POST", url: "/h", headers: [["Content-Type", "text/plain; charset=iso-8859-1"]], body: Buffer.from("ü", "latin1") },
  ],
  ["a body that is no UTF-8", { method: "POST", url: "/h", body: Buffer.from([0x61, 0xff, 0xfe, 0x62]) }],
  ["a byte order mark", { method: "POST", url: "/h", body: Buffer.from("\ufeffabc") }],
  ["an empty body with a length", { method: "POST", url: "/h", headers: [["Content-Length", "0"]] }],
  ["a POST without a length", { method: "POST", url: "/h" }],
  ["a host without a port", { method: "GET", url: "/h", headers: [["Host", "other.test"]] }],
  ["a host that is an address", { method: "GET", url: "/h", headers: [["Host", "127.0.0.1:81"]] }],
  ["a host of version 6", { method: "GET", url: "/h", headers: [["Host", "[::1]:81"]] }],
  ["a host in capitals", { method: "GET", url: "/h", headers: [["Host", "MOCK.test:8080"]] }],
  [
    "the same header twice",
    {
      method: "GET",
      url: "/h",
      headers: [
        ["Content-Type", "a/b"],
        ["Content-Type", "c/d"],
      ],
    },
  ],
  ["a header without a value", { method: "GET", url: "/h", headers: [["Content-Type", ""]] }],
  ["a header in Latin 1", { method: "GET", url: "/h", headers: [["X-One", "ü"]] }],
  ["quotes in cookies", { method: "GET", url: "/h", headers: [["Cookie", 'a="x y"; b=2;c=3; d; =e; a=4']] }],
  [
    "several cookie headers",
    {
      method: "GET",
      url: "/h",
      headers: [
        ["Cookie", "a=1"],
        ["Cookie", "b=2"],
      ],
    },
  ],
  [
    "an upgrade",
    {
      method: "GET",
      url: "/h",
      headers: [
        ["Connection", "close, Upgrade"],
        ["Upgrade", "websocket"],
      ],
    },
  ],
  ["Expect: 100-continue", { method: "POST", url: "/h", headers: [["Expect", "100-continue"]], body: "expected" }],
  [
    "a form",
    {
      method: "POST",
      url: "/h",
      headers: [["Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"]],
      body: "a=1&b=x+y&c=%C3%BC&a=2&d",
    },
  ],
  [
    "a form with a broken escape",
    { method: "POST", url: "/h", headers: [["Content-Type", "application/x-www-form-urlencoded"]], body: "a=%zz&b=%" },
  ],
  ["multipart without a boundary", { method: "POST", url: "/h", headers: [["Content-Type", "multipart/form-data"]], body: "--x\r\n\r\n" }],
  [
    "multipart that breaks off",
    {
      method: "POST",
      url: "/h",
      headers: [["Content-Type", "multipart/form-data; boundary=x"]],
      body: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nabc',
    },
  ],
  [
    "X-Forwarded headers",
    {
      method: "GET",
      url: "/h",
      headers: [
        ["X-Forwarded-For", "10.0.0.1"],
        ["X-Forwarded-Proto", "https"],
        ["X-Forwarded-Host", "front.test"],
      ],
    },
  ],
];

const hostPatterns: readonly JsonObject[] = [
  { equalTo: "mock.test" },
  { equalTo: "MOCK.test" },
  { equalTo: "MOCK.test", caseInsensitive: true },
  { matches: "MOCK.*" },
  { contains: "m" },
  { absent: true },
];

const hostCases: readonly NamedCase[] = hostPatterns.map((host) =>
  stubbed(`a host: ${JSON.stringify(host)}`, {
    stubs: [{ request: { urlPath: "/h", host }, response: { status: 200 } }],
    requests: ["mock.test", "MOCK.test", "MOCK.TEST:81", "mock.test."].map((name) => ({
      method: "GET",
      url: "/h",
      headers: [["Host", name]],
    })),
  }),
);

const typeCases: readonly NamedCase[] = [
  "application/json; charset=UTF-8",
  "text/plain;charset=ISO-8859-1",
  "text/css; charset=utf-8",
  "text/plain",
].map((type) =>
  stubbed(`a type that is asked for: ${type}`, {
    stubs: [{ request: { urlPath: "/h", headers: { "content-type": { equalTo: type } } }, response: { status: 200 } }],
    requests: [type, type.toLowerCase(), type.replace("text", "TEXT"), `${type};q=1`].map((sent) => ({
      method: "POST",
      url: "/h",
      headers: [["Content-Type", sent]],
      body: "x",
    })),
  }),
);

export const httpCases: readonly NamedCase[] = [
  ...requests.map(([title, request]) => stubbed(`HTTP: ${title}`, { stubs: [anything], requests: [request] })),
  ...hostCases,
  ...typeCases,
];
