import { gzipSync } from "node:zlib";
import { backendName } from "../backend.ts";
import { admin } from "../cases.ts";
import type { Json, JsonObject } from "../json.ts";
import type { WireRequest } from "../wire-request.ts";
import type { NamedCase } from "./named-case.ts";

const proxied = (response: JsonObject = {}, request: JsonObject = { urlPattern: ".*" }): WireRequest =>
  admin("POST", "/mappings", { request, response: { proxyBaseUrl: backendName, ...response } });

const asked: readonly WireRequest[] = [
  { method: "GET", url: "/plain" },
  { method: "GET", url: "/a%20b/c%2Fd?x=1&y=a+b&z=%C3%BC" },
  { method: "GET", url: "//double/../dots/./x" },
  { method: "POST", url: "/post", headers: [["Content-Type", "application/json"]], body: '{"a":1}' },
  { method: "POST", url: "/empty", headers: [["Content-Length", "0"]] },
  { method: "POST", url: "/form", headers: [["Content-Type", "application/x-www-form-urlencoded"]], body: "a=1&b=x+y" },
  { method: "PUT", url: "/put", body: "text" },
  { method: "PATCH", url: "/patch", body: "text" },
  { method: "DELETE", url: "/delete" },
  { method: "DELETE", url: "/delete", body: "with a body" },
  { method: "GET", url: "/get", body: "with a body" },
  { method: "HEAD", url: "/head" },
  { method: "OPTIONS", url: "/options" },
  {
    method: "GET",
    url: "/many",
    headers: [
      ["X-Many", "1"],
      ["X-Many", "2"],
      ["Cookie", "a=1; b=2"],
      ["X-Empty", ""],
    ],
  },
  {
    method: "GET",
    url: "/hop",
    headers: [
      ["Keep-Alive", "timeout=5"],
      ["TE", "trailers"],
      ["Proxy-Connection", "close"],
      ["X-Custom", "x"],
    ],
  },
  {
    method: "GET",
    url: "/agent",
    headers: [
      ["User-Agent", "mine/1"],
      ["Accept", "text/html"],
      ["Accept-Encoding", "gzip, deflate, br"],
    ],
  },
  { method: "POST", url: "/zipped", headers: [["Content-Encoding", "gzip"]], body: gzipSync("zipped") },
  { method: "POST", url: "/chunks", headers: [["Transfer-Encoding", "chunked"]], body: Buffer.from("3\r\nabc\r\n0\r\n\r\n") },
  {
    method: "GET",
    url: "/auth",
    headers: [
      ["Authorization", "Basic dTpw"],
      ["If-None-Match", '"1"'],
    ],
  },
  { method: "GET", url: "/status/204" },
  { method: "GET", url: "/status/304" },
  { method: "GET", url: "/status/404" },
  { method: "GET", url: "/status/500" },
  { method: "GET", url: "/gzip" },
  { method: "GET", url: "/gzip", headers: [["Accept-Encoding", "gzip"]] },
  { method: "GET", url: "/cookies" },
  { method: "GET", url: "/redirect" },
  { method: "GET", url: "/latin1" },
  { method: "GET", url: "/bytes" },
  { method: "GET", url: "/chunked" },
  { method: "GET", url: "/reset" },
];

export const proxyCases: readonly NamedCase[] = [
  ...asked.map((request) => ({
    title: `proxied: ${request.method} ${request.url} ${JSON.stringify(request.headers ?? [])}`,
    steps: [proxied(), request, admin("GET", "/requests")],
  })),
  ...(
    [
      [
        "headers added and removed",
        { additionalProxyRequestHeaders: { "X-Added": "1", "User-Agent": "changed" }, removeProxyRequestHeaders: ["x-custom", "Cookie"] },
      ],
      ["a prefix removed", { proxyUrlPrefixToRemove: "/plain" }],
      ["a prefix that is not there", { proxyUrlPrefixToRemove: "/other" }],
      ["a base with a path", { proxyBaseUrl: `${backendName}/base/` }],
      ["a base with a path and no slash", { proxyBaseUrl: `${backendName}/base` }],
      ["a base with a query", { proxyBaseUrl: `${backendName}/base?k=v` }],
      ["headers of the stub", { headers: { "X-Stub": "1", "Content-Type": "text/stub" } }],
      ["a status and a body of the stub", { status: 418, body: "mine" }],
      ["a templated base", { proxyBaseUrl: `${backendName}/{{request.method}}`, transformers: ["response-template"] }],
      ["templated headers", { additionalProxyRequestHeaders: { "X-Added": "{{request.path}}" }, transformers: ["response-template"] }],
      ["a target that is not there", { proxyBaseUrl: "http://127.0.0.1:1" }],
      ["a host that does not exist", { proxyBaseUrl: "http://no-such-host.invalid" }],
      ["a fixed delay", { fixedDelayMilliseconds: 5 }],
    ] satisfies readonly (readonly [string, JsonObject])[]
  ).map(([title, response]) => ({
    title: `proxied with ${title}`,
    steps: [
      proxied(response),
      {
        method: "POST",
        url: "/plain/more?q=1",
        headers: [
          ["X-Custom", "x"],
          ["Cookie", "a=1"],
        ] as const,
        body: "text",
      },
      admin("GET", "/requests"),
    ],
  })),
];

const recordable: readonly WireRequest[] = [
  { method: "GET", url: "/one?a=1" },
  { method: "GET", url: "/one?a=1" },
  { method: "GET", url: "/one?a=2" },
  {
    method: "POST",
    url: "/json",
    headers: [
      ["Content-Type", "application/json"],
      ["X-Custom", "x"],
    ],
    body: '{"a": 1}',
  },
  { method: "POST", url: "/xml", headers: [["Content-Type", "application/xml"]], body: "<a><b/></a>" },
  { method: "POST", url: "/text", headers: [["Content-Type", "text/plain"]], body: "text" },
  { method: "POST", url: "/form", headers: [["Content-Type", "application/x-www-form-urlencoded"]], body: "a=1" },
  { method: "GET", url: "/gzip", headers: [["Accept-Encoding", "gzip"]] },
  { method: "GET", url: "/status/404" },
  { method: "GET", url: "/redirect" },
  { method: "GET", url: "/bytes" },
  { method: "GET", url: "/latin1" },
  { method: "GET", url: "/cookies" },
  { method: "PUT", url: "/things/1", body: Buffer.from([0, 1, 255]) },
  { method: "DELETE", url: "/things/1" },
];

const specs: readonly (readonly [title: string, spec: { readonly [key: string]: Json }])[] = [
  ["nothing said", {}],
  ["not persisted", { persist: false }],
  ["ids only", { outputFormat: "ids" }],
  ["repeats as scenarios", { repeatsAsScenarios: true }],
  ["repeats left out", { repeatsAsScenarios: false }],
  ["headers captured", { captureHeaders: { "X-Custom": {}, Accept: { caseInsensitive: true } } }],
  ["bodies equal to JSON", { requestBodyPattern: { matcher: "equalToJson", ignoreArrayOrder: false, ignoreExtraElements: true } }],
  ["bodies equal to XML", { requestBodyPattern: { matcher: "equalToXml" } }],
  ["bodies equal to text", { requestBodyPattern: { matcher: "equalTo", caseInsensitive: true } }],
  [
    "bodies by their type",
    { requestBodyPattern: { matcher: "auto", ignoreArrayOrder: false, ignoreExtraElements: false, caseInsensitive: true } },
  ],
  ["filtered by method and address", { filters: { method: "GET", urlPathPattern: "/one.*" } }],
  ["filtered by absent ids", { filters: { ids: ["ffffffff-0000-4000-8000-00000000000f"] } }],
  ["also what was not proxied", { filters: { allowNonProxied: true } }],
  ["a transformer that is not there", { transformers: ["absent"], transformerParameters: { a: 1 } }],
];

export const recordingCases: readonly NamedCase[] = [
  ...specs.map(([title, spec]) => ({
    title: `a snapshot: ${title}`,
    steps: [
      proxied(),
      ...recordable,
      admin("POST", "/recordings/snapshot", { persist: false, ...spec }),
      admin("GET", "/mappings"),
      ...recordable.slice(0, 5),
    ],
  })),
  ...specs.map(([title, spec]) => ({
    title: `a recording: ${title}`,
    steps: [
      admin("POST", "/recordings/start", { targetBaseUrl: backendName, persist: false, ...spec }),
      admin("GET", "/recordings/status"),
      admin("GET", "/mappings"),
      ...recordable,
      admin("POST", "/recordings/stop"),
      admin("GET", "/recordings/status"),
      admin("GET", "/mappings"),
      ...recordable.slice(0, 5),
    ],
  })),
  {
    title: "recordings that overlap or end twice",
    steps: [
      admin("POST", "/recordings/start", { targetBaseUrl: backendName, persist: false }),
      admin("POST", "/recordings/start", { targetBaseUrl: backendName, persist: false }),
      admin("POST", "/recordings/stop"),
      admin("POST", "/recordings/stop"),
      admin("POST", "/recordings/start", { targetBaseUrl: "" }),
      admin("POST", "/recordings/start", { targetBaseUrl: "not a url" }),
      admin("POST", "/recordings/stop"),
    ],
  },
];
