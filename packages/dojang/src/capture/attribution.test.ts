import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Transaction } from "@dojang/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Harness } from "./recorder-harness.ts";
import { pageBody, repositoryRoot, type StepHarness, startStepHarness, subresources } from "./step-harness.ts";

let steps: StepHarness;
let h: Harness;
let step: StepHarness["step"];

beforeEach(async () => {
  steps = await startStepHarness();
  h = steps.recorded;
  step = steps.step;
  const server = await h.serve("web", page);
  server.on("upgrade", echoWebSocket);
});

afterEach(() => steps[Symbol.asyncDispose]());

function vitestIn(pool: "forks" | "threads"): readonly string[] {
  const program = join(repositoryRoot, "node_modules/vitest/vitest.mjs");
  return ["node", program, "run", "--root", ".", "--maxWorkers=2", `--pool=${pool}`];
}

describe("requests of unchanged tests, in a step's environment", () => {
  it("are Vitest's, one after the other, at the same time, and of child processes", async () => {
    await step("vitest", vitestIn("forks"));
    const seen = await attributed();
    for (const name of ["alpha", "beta", "gamma", "delta"]) expectOne(seen, name, `asks as ${name}`, 3);
    for (const name of ["one", "two", "three", "four", "five", "six"]) expectOne(seen, name, `asks as ${name}`, 10);
  });

  it("are Vitest's in worker threads too", async () => {
    await step("vitest", vitestIn("threads"));
    const seen = await attributed();
    for (const name of ["one", "two", "three", "four", "five", "six"]) expectOne(seen, name, `asks as ${name}`, 10);
  });

  it("are node:test's", async () => {
    await step("node-test", ["node", "--test"]);
    const seen = await attributed();
    for (const name of ["top", "other"]) expectOne(seen, name, `asks as ${name}`, 2);
    for (const name of ["inner", "nested"]) expectOne(seen, name, `asks as ${name}`, 1);
    for (const name of ["first", "second", "third", "uno", "due", "tre"]) expectOne(seen, name, `asks as ${name}`, 5);
  });

  it("are pytest's", async () => {
    await step("pytest", ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    const seen = await attributed();
    expectOne(seen, "eins", "test_asks[eins]", 3);
    expectOne(seen, "zwei", "test_asks[zwei]", 3);
    expectOne(seen, "drei", "TestGroup > test_inner", 1);
  });

  it("are the step's when no test asks", async () => {
    await step("vitest", ["curl", "-sSf", "http://web/curl", "https://web/nothing"]).catch(() => undefined);
    await h.transaction(({ url }) => url === "http://web/curl");
    expect(h.facts.transactions.map(({ testAttempt, lane }) => ({ testAttempt, lane }))).toContainEqual({
      testAttempt: undefined,
      lane: 0,
    });
  });

  it("are Playwright's: pages, fixtures, tests extended by fixtures of their own, shared pages, retries, TLS and WebSocket, by two workers", async () => {
    await serveTls();
    await step("playwright", ["node", join(repositoryRoot, "node_modules/@playwright/test/cli.js"), "test"]);
    const seen = await attributed();
    for (const name of ["ant", "bee", "cat", "dog"]) expectOne(seen, name, `opens the page as ${name}`, 1 + subresources + 3);
    for (const name of ["eel", "fox"]) expectOne(seen, name, `a page shared by tests > asks as ${name}`, 1 + subresources);
    expectOne(seen, "gnu-0", "passes at the second try", 1 + subresources, 1);
    expectOne(seen, "gnu-1", "passes at the second try", 1 + subresources, 2);
    expectOne(seen, "hen", "opens a page over TLS", 1 + subresources + 2);
    expectOne(seen, "ibis", "speaks over a WebSocket", 2);
    expectOne(seen, "jay", "has fixtures of its own", 1 + subresources);
    const socket = h.facts.transactions.find(({ kind }) => kind === "ws");
    expect(h.bodyText(socket?.responseBody?.hash)).toContain('"text":"hello"');
    await reportAgrees();
  }, 180_000);
});

/** The transactions to `web` and `secure`, by the first part of their path: the name under which a test asks. */
async function attributed(): Promise<Map<string, Transaction[]>> {
  await h.recorder.close();
  const seen = new Map<string, Transaction[]>();
  for (const transaction of h.facts.transactions) {
    const name = /^(?:https?|wss?):\/\/(?:web|secure)\/([\w-]+)\//.exec(transaction.url)?.[1];
    if (name !== undefined) seen.set(name, [...(seen.get(name) ?? []), transaction]);
  }
  expect(seen.size).toBeGreaterThan(0);
  return seen;
}

/** All requests under `name`, exactly `count`, belong to the one test of that title, each with its own request id. */
function expectOne(seen: Map<string, Transaction[]>, name: string, title: string, count: number, attempt = 1): void {
  const transactions = seen.get(name) ?? [];
  const titleOf = (id: string | undefined) => {
    const begun = h.facts.testEvents.find((event) => event.id === id);
    return begun && `${begun.identity.titlePath.join(" > ")} #${begun.attempt}`;
  };
  const titles = transactions.map(({ testAttempt }) =>
    titleOf(testAttempt)?.replace(/^(?:one after the other|at the same time|group|other group)[^>]*> (?:at the same time > )?/, ""),
  );
  expect({ name, titles }).toEqual({ name, titles: Array.from({ length: count }, () => `${title} #${attempt}`) });
  expect(new Set(transactions.map(({ requestId }) => requestId)).size).toBe(count);
}

/** The identities seen live are those Playwright's own report gives. */
async function reportAgrees(): Promise<void> {
  const report = JSON.parse(await readFile(join(steps.folder, "report.json"), "utf8"));
  const files = new Set(h.facts.testEvents.map(({ identity }) => identity.file));
  expect([...files]).toEqual([report.suites[0].file]);
}

function page(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(200, { "Content-Type": "text/html" }).end(pageBody(request.url));
}

async function serveTls(): Promise<void> {
  const leaf = await steps.authority.leaf("secure");
  const server = createTlsServer({ cert: leaf.chainPem, key: leaf.keyPem }, page).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  h.route("secure:443", (server.address() as AddressInfo).port);
  server.unref();
}

/** As small as a WebSocket server gets: one short masked frame in, the same text out. */
function echoWebSocket(request: IncomingMessage, socket: Duplex): void {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on("error", () => undefined);
  socket.on("data", (frame: Buffer) => {
    if ((frame[0] ?? 0) !== 0x81) return void socket.end();
    const length = (frame[1] ?? 0) & 0x7f;
    const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, index) => byte ^ (frame[2 + (index & 3)] ?? 0)));
    socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
  });
}
