import { expect, test } from "vitest";
import type { ProxyOptions } from "../contract.ts";
import type { ResponseDefinition } from "../mapping/stub-mapping.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { parseTarget, UnusableTarget } from "./outbound-client.ts";
import { proxiedHeaders, proxyRequest } from "./proxy-request.ts";

interface Given {
  readonly url?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly definition?: Partial<ResponseDefinition>;
  readonly options?: ProxyOptions;
  readonly absoluteUrl?: string;
}

function plan({ url = "/a", headers = ["Host", "mock:8080"], body = "", definition = {}, options = {}, absoluteUrl }: Given) {
  const bytes = Buffer.from(body);
  return proxyRequest({
    request: receiveRequest({ method: "POST", target: url, rawHeaders: headers, httpVersion: "1.1", scheme: "http", body: bytes }),
    body: bytes,
    definition: { status: 200, proxyBaseUrl: "http://target.example:9/base", ...definition },
    options,
    ...(absoluteUrl === undefined ? {} : { absoluteUrl }),
  });
}

test("base and path are joined as text, and the prefix is removed", () => {
  expect(plan({ url: "/x/y?q=%2F" }).url).toBe("http://target.example:9/base/x/y?q=%2F");
  expect(plan({ url: "/x", definition: { proxyBaseUrl: "http://t.example/" } }).url).toBe("http://t.example//x");
  expect(plan({ url: "/x/y", definition: { proxyUrlPrefixToRemove: "/x" } }).url).toBe("http://target.example:9/base/y");
  expect(plan({ url: "/z/y", definition: { proxyUrlPrefixToRemove: "/x" } }).url).toBe("http://target.example:9/base/z/y");
});

test("the host is the target's unless the client's shall be kept", () => {
  expect(plan({}).headers).toEqual([{ name: "Host", value: "target.example:9" }]);
  expect(plan({ options: { preserveHostHeader: true } }).headers).toEqual([{ name: "Host", value: "mock:8080" }]);
  expect(plan({ headers: [] }).headers).toEqual([{ name: "Host", value: "target.example:9" }]);
});

test("headers of the connection stay behind, those it names too; all others keep order, case and repeats", () => {
  const headers = [
    "Host",
    "a",
    "X-B",
    "1",
    "Connection",
    "keep-alive, X-Named",
    "X-Named",
    "1",
    "Keep-Alive",
    "x",
    "TE",
    "trailers",
    "Upgrade",
    "h2c",
    "x-b",
    "2",
    "User-Agent",
    "ua",
    "Transfer-Encoding",
    "chunked",
    "Proxy-Authorization",
    "z",
    "Expect",
    "100-continue",
  ];
  expect(plan({ headers }).headers).toEqual([
    { name: "Host", value: "target.example:9" },
    { name: "X-B", value: "1" },
    { name: "x-b", value: "2" },
  ]);
  expect(plan({ headers, options: { preserveUserAgent: true } }).headers).toContainEqual({ name: "User-Agent", value: "ua" });
});

test("the stub takes headers away and adds its own", () => {
  const definition = { removeProxyRequestHeaders: ["X-Gone"], additionalProxyRequestHeaders: { "X-Extra": "e", "X-Two": ["1", "2"] } };
  expect(plan({ headers: ["x-gone", "1"], definition }).headers.slice(1)).toEqual([
    { name: "X-Extra", value: "e" },
    { name: "X-Two", value: "1" },
    { name: "X-Two", value: "2" },
  ]);
});

test("only supported codings are passed on", () => {
  const headers = ["Host", "a", "Accept-Encoding", "gzip, br"];
  expect(plan({ headers, options: { supportedEncodings: ["gzip"] } }).headers.at(-1)).toEqual({ name: "Accept-Encoding", value: "gzip" });
  expect(plan({ headers, options: { supportedEncodings: ["zstd"] } }).headers.length).toBe(1);
});

test("a body goes along when there is one, or a length said so", () => {
  expect(plan({ body: "x" }).body?.toString()).toBe("x");
  expect(plan({ headers: ["Content-Length", "0"] }).body?.length).toBe(0);
  expect(plan({}).body).toBeUndefined();
});

test("targets of stubs are trusted, those of browsers when they are listed", () => {
  expect(plan({}).trustAll).toBe(true);
  const browser = { absoluteUrl: "https://api.example/x", headers: ["Host", "api.example"] };
  expect(plan(browser)).toMatchObject({ trustAll: false, url: "https://api.example/x" });
  expect(plan({ ...browser, options: { trustedTargets: ["api.example"] } }).trustAll).toBe(true);
  expect(plan({ ...browser, options: { trustAllTargets: true } }).trustAll).toBe(true);
});

test("of the answer, the connection's headers stay behind and the stub's follow", () => {
  const received = [
    { name: "X-A", value: "1" },
    { name: "Transfer-Encoding", value: "chunked" },
    { name: "Connection", value: "keep-alive" },
    { name: "Access-Control-Allow-Origin", value: "*" },
  ];
  const definition = { status: 200, headers: { "X-A": "mine" } };
  expect(proxiedHeaders(received, definition, false).map(({ name, value }) => `${name}: ${value}`)).toEqual([
    "X-A: 1",
    "Access-Control-Allow-Origin: *",
    "X-A: mine",
  ]);
  expect(proxiedHeaders(received, definition, true).map(({ name }) => name)).toEqual(["X-A", "X-A"]);
});

test("a target's path is sent as it stands; what may not be in a request line is escaped", () => {
  expect(parseTarget("http://a.example/x/../y//z;p?q=%2f#f")).toMatchObject({
    hostname: "a.example",
    port: 80,
    path: "/x/../y//z;p?q=%2f",
  });
  expect(parseTarget("https://user:pw@[::1]:99?q")).toMatchObject({
    hostname: "::1",
    port: 99,
    secure: true,
    authority: "[::1]:99",
    path: "/?q",
  });
  expect(parseTarget("http://a.example/é x").path).toBe("/%C3%A9%20x");
  for (const url of ["nonsense", "ftp://a.example/", "http://", "http://a b/", "//a.example/"])
    expect(() => parseTarget(url)).toThrow(UnusableTarget);
});
