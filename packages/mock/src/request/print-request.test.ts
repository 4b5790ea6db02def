import { expect, test } from "vitest";
import { exampleRequest } from "./example-request.ts";
import { printRequest } from "./print-request.ts";
import { receiveRequest } from "./receive-request.ts";

const received = receiveRequest({
  method: "POST",
  target: "/things?x=1&x=2&y",
  rawHeaders: [
    "Host",
    "Foo.example:81",
    "A",
    "1",
    "a",
    "2",
    "Cookie",
    "s=1; t=2; t=3",
    "Content-Type",
    "application/x-www-form-urlencoded",
  ],
  httpVersion: "1.1",
  scheme: "http",
  remoteAddress: "127.0.0.1",
  body: Buffer.from("f=é"),
  receivedAt: 1795272487752,
  id: "75c75d47-77b8-454d-ae69-9ad83661684a",
});

test("a request is printed with WireMock's fields in WireMock's order", () => {
  expect(JSON.stringify(printRequest(received), null, 1)).toBe(
    JSON.stringify(
      {
        url: "/things?x=1&x=2&y",
        absoluteUrl: "http://Foo.example:81/things?x=1&x=2&y",
        method: "POST",
        clientIp: "127.0.0.1",
        headers: {
          Host: "Foo.example:81",
          A: ["1", "2"],
          Cookie: "s=1; t=2; t=3",
          "Content-Type": "application/x-www-form-urlencoded",
        },
        cookies: { s: "1", t: ["2", "3"] },
        browserProxyRequest: false,
        loggedDate: 1795272487752,
        bodyAsBase64: "Zj3DqQ==",
        body: "f=é",
        protocol: "HTTP/1.1",
        scheme: "http",
        host: "Foo.example",
        port: 81,
        loggedDateString: "2026-11-21T14:48:07.752Z",
        queryParams: { x: { key: "x", values: ["1", "2"] }, y: { key: "y", values: [""] } },
        formParams: { f: { key: "f", values: ["é"] } },
      },
      null,
      1,
    ),
  );
});

test("its id comes first where it is wanted", () => {
  expect(Object.entries(printRequest(received, { withId: true }))[0]).toEqual(["id", received.id]);
});

test("an example read from what was printed is printed the same", () => {
  const printed = printRequest(received, { withId: true });
  expect(printRequest(exampleRequest(printed), { withId: true })).toEqual(printed);
});

test("an example may say next to nothing, or nonsense", () => {
  expect(printRequest(exampleRequest({ url: "/x?y=1" }))).toMatchObject({
    url: "/x?y=1",
    method: "GET",
    headers: {},
    cookies: {},
    body: "",
  });
  for (const nonsense of [
    null,
    1,
    "x",
    [],
    { url: 1, headers: 3, cookies: [1], bodyAsBase64: {}, loggedDate: "x", port: "a", method: [] },
  ]) {
    expect(printRequest(exampleRequest(nonsense))).toMatchObject({ url: "/", method: "GET" });
  }
});

test("an example's cookies come from its cookies, else from its header", () => {
  expect(exampleRequest({ cookies: { a: ["1", "2"] }, headers: { Cookie: "b=1" } }).cookies).toEqual(new Map([["a", ["1", "2"]]]));
  expect(exampleRequest({ headers: { cookie: "b=1" } }).cookies).toEqual(new Map([["b", ["1"]]]));
});

test("an example's body comes from bodyAsBase64, else from body", () => {
  expect(exampleRequest({ body: "text", bodyAsBase64: "aGk=" }).text).toBe("hi");
  expect(exampleRequest({ body: "text" }).text).toBe("text");
});
