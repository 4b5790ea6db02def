import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { LinkedCheck } from "@dojang/model";
import { FakeRuntime } from "@dojang/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { holds, runLinkedCheck } from "./linked-check.ts";

let server: Server;
let url: string;

beforeEach(async () => {
  server = createServer((request, response) => {
    if (request.url === "/silent") return;
    response.writeHead(request.url === "/health" ? 200 : 503).end("ready");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function check(partial: object) {
  const whole = { name: "mail", timeoutMs: 500, ...partial } as LinkedCheck;
  return runLinkedCheck({
    check: whole,
    variables: { MAIL_URL: url },
    runtime: new FakeRuntime(),
    environmentId: "none",
    isInside: () => false,
    signal: new AbortController().signal,
  });
}

const http = (target: string, expect: object) => ({ kind: "http", http: { method: "GET", target }, expect });

describe("checking a linked system", () => {
  test("an answer as expected passes", async () => {
    expect(await check(http("$MAIL_URL/health", { status: [200], contains: "ready" }))).toMatchObject({ passed: true, seen: "status 200" });
  });

  test("another status fails, and both are named", async () => {
    expect(await check(http("$MAIL_URL/other", { status: [200] }))).toMatchObject({
      passed: false,
      expected: "status 200",
      seen: "status 503",
    });
  });

  test("a system that does not answer in time fails with the time", async () => {
    expect(await check(http("$MAIL_URL/silent", { status: [200] }))).toMatchObject({ passed: false, seen: "no answer within 0.5 s" });
  });

  test("a system that is not there fails with the reason", async () => {
    server.close();
    server.closeAllConnections();
    expect(await check(http("$MAIL_URL/health", { status: [200] }))).toMatchObject({
      passed: false,
      seen: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("a variable that nobody sets is named", async () => {
    expect(await check({ kind: "tcp", tcp: "$NOWHERE:1" })).toMatchObject({ passed: false, seen: expect.stringContaining("$NOWHERE") });
  });
});

test("numbers are compared as numbers, anything else as text", () => {
  expect(holds({ operator: ">=", value: "150000" }, "90000")).toBe(false);
  expect(holds({ operator: ">=", value: "150000" }, "180004")).toBe(true);
  expect(holds({ operator: "=", value: "ready" }, "ready")).toBe(true);
  expect(holds({ operator: "~", value: "^18\\." }, "18.4")).toBe(true);
  expect(holds({ operator: "!=", value: "1.0" }, "1")).toBe(false);
});
