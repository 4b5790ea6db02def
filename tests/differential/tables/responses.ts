import { everyTemplate } from "../generate/templates.ts";
import type { JsonObject } from "../json.ts";
import type { WireRequest } from "../wire-request.ts";
import { type NamedCase, stubbed } from "./named-case.ts";

const responses: readonly JsonObject[] = [
  {},
  { status: 200 },
  { status: 200, body: "" },
  { status: 200, body: "text" },
  { status: 200, body: "ünï 😀" },
  { status: 200, body: "line\nline\r\n" },
  { status: 200, jsonBody: { a: 1, b: [true, null, "x"], c: { d: 1.5 } } },
  { status: 200, jsonBody: [] },
  { status: 200, jsonBody: 1.0 },
  { status: 200, jsonBody: "text" },
  { status: 200, jsonBody: {} },
  { status: 200, base64Body: "AAECAwT//w==" },
  { status: 200, base64Body: "" },
  { status: 200, bodyFileName: "absent.txt" },
  { status: 200, bodyFileName: "/etc/passwd" },
  { status: 200, bodyFileName: "../../etc/passwd" },
  { status: 200, bodyFileName: "" },
  ...[
    201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 307, 308, 400, 404, 405, 410, 418, 422, 429, 451, 499, 500, 503, 599, 600, 700,
    999,
  ].map((status): JsonObject => ({ status, body: "x" })),
  { status: 0 },
  { status: 99 },
  { status: 101 },
  { status: 1000 },
  { status: -1 },
  { status: 200, statusMessage: "Fine" },
  { status: 200, statusMessage: "" },
  { status: 404, statusMessage: "Gone fishing" },
  { status: 200, headers: { "Content-Type": "text/plain" }, body: "x" },
  { status: 200, headers: { "Content-Type": "text/plain; charset=iso-8859-1" }, body: "ü" },
  { status: 200, headers: { "Content-Type": "text/plain; charset=utf-16" }, body: "ü" },
  { status: 200, headers: { "Content-Type": ["text/plain", "text/html"] }, body: "x" },
  { status: 200, headers: { "X-A": "1", "x-a": "2", "X-B": ["1", "2"], "X-Empty": "" } },
  { status: 200, headers: { "Set-Cookie": ["a=1; Path=/", "b=2"] } },
  { status: 200, headers: { Date: "Mon, 14 Jun 2021 12:13:14 GMT" } },
  { status: 200, headers: { Server: "mine", Connection: "close" }, body: "x" },
  { status: 200, headers: { "Content-Length": "4" }, body: "text" },
  { status: 200, headers: { "content-length": "4" }, body: "text" },
  { status: 200, headers: { "Transfer-Encoding": "chunked" }, body: "text" },
  { status: 200, headers: { "Content-Encoding": "gzip" }, body: "not gzip" },
  { status: 200, headers: { "Content-Encoding": "identity" }, body: "text" },
  { status: 200, headers: { ETag: '"1"', Vary: "Accept" }, body: "text" },
  { status: 200, headers: { ETag: ['"1"', "2"] }, body: "text".repeat(20) },
  { status: 200, headers: { "Matched-Stub-Id": "mine" }, body: "text" },
  { status: 200, headers: { "X-Ünï": "ü" }, body: "text" },
  { status: 200, headers: { "X-Line": "a\r\nX-Injected: 1" }, body: "text" },
  { status: 200, headers: { "X-Tab": "a\tb" }, body: "text" },
  { status: 200, headers: {}, body: "text" },
  { status: 200, body: "x".repeat(100_000) },
  { status: 200, chunkedDribbleDelay: { numberOfChunks: 3, totalDuration: 30 }, body: "dribble" },
  { status: 200, chunkedDribbleDelay: { numberOfChunks: 30, totalDuration: 30 }, body: "dribble" },
  { status: 200, chunkedDribbleDelay: { numberOfChunks: 3, totalDuration: 30 } },
  { status: 200, fixedDelayMilliseconds: 10, body: "x" },
  { status: 200, delayDistribution: { type: "fixed", milliseconds: 10 }, body: "x" },
  { status: 200, delayDistribution: { type: "uniform", lower: 1, upper: 5 }, body: "x" },
  { status: 200, delayDistribution: { type: "lognormal", median: 5, sigma: 0.1 }, body: "x" },
  { status: 200, fault: "CONNECTION_RESET_BY_PEER", body: "x" },
  { status: 200, fault: "EMPTY_RESPONSE", body: "x" },
  { status: 200, fault: "MALFORMED_RESPONSE_CHUNK", body: "x" },
  { status: 200, fault: "MALFORMED_RESPONSE_CHUNK", fixedDelayMilliseconds: 5 },
  { status: 200, fault: "CONNECTION_RESET_BY_PEER", headers: { "X-A": "1" } },
  { status: 200, transformers: ["response-template"], body: "{{request.method}} {{request.url}}" },
  { status: 200, body: "{{request.method}} {{request.url}}" },
  { status: 200, transformers: ["response-template"], jsonBody: { method: "{{request.method}}", n: 1 } },
  { status: 200, transformers: ["response-template"], headers: { "X-{{request.method}}": "{{request.method}}" } },
  { status: 200, transformers: ["response-template"], statusMessage: "{{request.method}}" },
  { status: 200, transformers: ["response-template"], base64Body: "e3tyZXF1ZXN0Lm1ldGhvZH19" },
  { status: 200, transformers: ["response-template"], bodyFileName: "{{request.method}}.txt" },
  {
    status: 200,
    transformers: ["response-template"],
    transformerParameters: { a: 1, b: { c: "d" } },
    body: "{{parameters.a}} {{parameters.b.c}}",
  },
  { status: 200, transformers: ["response-template", "unknown"], body: "{{request.method}}" },
  { status: 200, fromConfiguredStub: false, body: "x" },
];

const requests: readonly WireRequest[] = [
  { method: "GET", url: "/r" },
  { method: "HEAD", url: "/r" },
  { method: "POST", url: "/r", body: "a body" },
  { method: "GET", url: "/r", headers: [["Accept-Encoding", "gzip, deflate, br"]] },
  { method: "GET", url: "/r", headers: [["Connection", "keep-alive, Upgrade"]] },
];

const template: WireRequest = {
  method: "POST",
  url: "/things/1?a=1&a=2&b=x%20y",
  headers: [
    ["X-One", "one"],
    ["X-One", "two"],
    ["Cookie", "session=abc; other=1"],
    ["Content-Type", "text/plain"],
  ],
  body: '{"a":{"b":1},"list":[1,2]}',
};

export const responseCases: readonly NamedCase[] = responses.map((response) =>
  stubbed(`the response ${JSON.stringify(response).slice(0, 120)}`, {
    stubs: [{ request: { url: "/r" }, response }],
    // A connection that is kept would leave the client waiting: `Connection: close` is sent unless a request says otherwise.
    requests: requests.map((request) =>
      request.headers?.[0]?.[0] === "Connection" ? { ...request, headers: [["Connection", "close"]] } : request,
    ),
  }),
);

export const templateCases: readonly NamedCase[] = everyTemplate.map((body) =>
  stubbed(`the template ${body.slice(0, 120)}`, {
    stubs: [{ request: { urlPathTemplate: "/things/{id}" }, response: { status: 200, body, transformers: ["response-template"] } }],
    requests: [template, { ...template, body: '<root id="1"><a>x</a></root>' }],
  }),
);

/** JSON as its writer wrote it: numbers that JavaScript would change. */
export const numberCases: readonly NamedCase[] = [
  '{"big":12345678901234567890,"one":1.0,"hundred":1e2,"small":0.00000001,"negative":-0,"long":3.141592653589793238462643}',
  "[1.0,2.50,1E400,100000000000000000000000]",
].map((json) => ({
  title: `numbers stay as they were written: ${json.slice(0, 60)}`,
  steps: [
    { method: "POST", url: "/__admin/mappings", body: `{"request":{"url":"/n"},"response":{"jsonBody":${json}}}` },
    { method: "POST", url: "/__admin/mappings", body: `{"request":{"url":"/e","bodyPatterns":[{"equalToJson":${json}}]},"response":{}}` },
    { method: "GET", url: "/n" },
    { method: "POST", url: "/e", body: json },
    { method: "POST", url: "/e", body: json.replace("1.0", "1") },
    { method: "POST", url: "/e", body: json.replace("90,", "91,") },
    { method: "GET", url: "/__admin/mappings" },
  ],
}));
