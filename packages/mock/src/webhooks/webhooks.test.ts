import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MockOptions, MockServer } from "../contract.ts";
import type { SubEvent } from "../matching/matcher.ts";
import { startMock } from "../serving/start-mock.ts";
import { ask, stub } from "../serving/testing/ask.ts";

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly raw: readonly string[];
  readonly body: Buffer;
}

let server: MockServer;
let target: Server;
let received: Received[];
let hold: Promise<void> | undefined;
let base: string;

beforeEach(async () => {
  received = [];
  hold = undefined;
  target = createServer(async (request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    received.push({ method: request.method, url: request.url, raw: request.rawHeaders, body: Buffer.concat(parts) });
    await hold;
    response.writeHead(202, { "X-Answer": "1" });
    response.end("thanks");
  });
  await new Promise<void>((resolve) => {
    target.listen(0, "127.0.0.1", resolve);
  });
  const address = target.address();
  base = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterEach(async () => {
  await server.close();
  target.closeAllConnections();
  target.close();
});

async function start(options: MockOptions = {}): Promise<void> {
  server = await startMock({ listen: { port: 0, address: "127.0.0.1" }, ...options });
}

function withWebhook(parameters: object, more: object = {}): Promise<void> {
  return stub(server, {
    name: "caller",
    request: { urlPath: "/a" },
    response: {},
    serveEventListeners: [{ name: "webhook", parameters, ...more }],
  });
}

const events = (): readonly SubEvent[] => server.world.journal.all()[0]?.subEvents ?? [];
const until = async (count: number): Promise<readonly SubEvent[]> => {
  await expect.poll(() => events().length).toBe(count);
  return events();
};

test("a webhook is sent after the answer, rendered with the request and its parameters", async () => {
  await start();
  await withWebhook({
    method: "POST",
    url: `${base}/{{originalRequest.query.id}}?p={{parameters.color}}`,
    headers: { "Content-Type": "application/json", "X-Many": ["a", "{{originalRequest.method}}"] },
    body: '{"got": "{{originalRequest.body}}"}',
    color: "red",
  });
  await ask(server, "/a?id=7", { body: "the body" });
  const [request, response] = await until(2);
  expect(received[0]).toMatchObject({ method: "POST", url: "/7?p=red" });
  expect(received[0]?.body.toString()).toBe('{"got": "the body"}');
  expect(received[0]?.raw).toEqual(expect.arrayContaining(["X-Many", "a", "X-Many", "POST", "Content-Type", "application/json"]));
  expect(request).toMatchObject({
    type: "WEBHOOK_REQUEST",
    data: { method: "POST", absoluteUrl: `${base}/7?p=red`, body: '{"got": "the body"}', headers: { "X-Many": ["a", "POST"] } },
  });
  expect(request?.data).not.toHaveProperty("clientIp");
  expect(response).toMatchObject({
    type: "WEBHOOK_RESPONSE",
    data: { status: 202, body: "thanks", bodyAsBase64: Buffer.from("thanks").toString("base64") },
  });
});

test("the older name, and a list of several, work too", async () => {
  await start();
  const webhook = (path: string) => ({ name: "webhook", parameters: { url: `${base}${path}` } });
  await stub(server, { request: { urlPath: "/a" }, response: {}, postServeActions: [webhook("/1")], serveEventListeners: [webhook("/2")] });
  await ask(server, "/a");
  await until(4);
  expect(received.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual(["GET /1", "GET /2"]);
});

test("bodies go only where a method carries one; a binary one is sent as it is", async () => {
  await start();
  await withWebhook({ method: "DELETE", url: `${base}/delete`, body: "dropped" });
  await ask(server, "/a");
  await until(2);
  await withWebhook({ method: "PUT", url: `${base}/put`, base64Body: "AAEC" });
  await ask(server, "/a");
  await until(2);
  expect(received.map(({ body }) => [...body])).toEqual([[], [0, 1, 2]]);
});

test("a listener for another phase does not fire", async () => {
  await start();
  await withWebhook({ url: `${base}/never` }, { requestPhases: ["BEFORE_MATCH"] });
  await ask(server, "/a");
  await stub(server, {
    request: { urlPath: "/b" },
    response: {},
    serveEventListeners: [{ name: "webhook", parameters: { url: `${base}/sent` } }],
  });
  await ask(server, "/b");
  await until(2);
  expect(received.map(({ url }) => url)).toEqual(["/sent"]);
});

test("a delay is waited for, and given up when the server ends", async () => {
  await start();
  await withWebhook({ url: `${base}/soon`, delay: { type: "uniform", lower: 20, upper: 30 } });
  await ask(server, "/a");
  await until(2);
  await withWebhook({ url: `${base}/late`, delay: { type: "fixed", milliseconds: 600_000 } });
  await ask(server, "/a");
  await until(1);
  await server.close();
  expect(received.map(({ url }) => url)).toEqual(["/soon"]);
});

test.each([
  ["no URL", {}, "`url` is missing"],
  ["a delay of no kind", { url: "http://a.example", delay: { type: "soon" } }, "`delay` is none of"],
  ["a template that is none", { url: "http://a.example/{{#if}}" }, "Exception thrown while configuring webhook"],
])("%s is an error in the journal", async (_what, parameters, message) => {
  await start();
  await withWebhook(parameters);
  expect((await ask(server, "/a")).status).toBe(200);
  const [error] = await until(1);
  expect(error).toMatchObject({ type: "ERROR", data: { message: expect.stringContaining(message) } });
});

test("a target that cannot be reached, is no URL, or is not allowed is an error in the journal", async () => {
  await start({ proxy: { denyTargets: ["127.0.0.1"] } });
  for (const [url, message] of [
    ["nonsense", "Failed to fire webhook GET nonsense: nonsense is no http or https URL."],
    [`${base}/denied`, `The target webhook address ${base}/denied specified by stub caller is denied in WireMock's configuration.`],
    ["http://no.such.host.invalid", "Failed to fire webhook GET http://no.such.host.invalid"],
  ] as const) {
    await withWebhook({ url });
    await ask(server, "/a");
    const [, error] = await until(2);
    expect(error).toMatchObject({ type: "ERROR", data: { message: expect.stringContaining(message) } });
  }
  expect(received).toEqual([]);
});

test("a listener that is not known is said to be unknown", async () => {
  await start();
  await stub(server, { request: { urlPath: "/a" }, response: {}, serveEventListeners: [{ name: "audit", parameters: {} }] });
  await ask(server, "/a");
  expect((await until(1))[0]?.data.message).toContain('"audit"');
});

test("only so many are under way at once; the others follow", async () => {
  let release = (): void => {};
  hold = new Promise((resolve) => {
    release = resolve;
  });
  await start({ webhooks: { maxInFlight: 2 } });
  await withWebhook({ url: `${base}/x` });
  for (let index = 0; index < 5; index++) await ask(server, "/a");
  await expect.poll(() => received.length).toBe(2);
  release();
  await expect.poll(() => received.length).toBe(5);
});

test("a target that never answers is given up, and closing does not wait for it", async () => {
  hold = new Promise(() => {});
  await start({ webhooks: { timeoutMs: 50 } });
  await withWebhook({ url: `${base}/x` });
  await ask(server, "/a");
  expect((await until(2))[1]?.type).toBe("ERROR");
  await ask(server, "/a");
  await server.close();
});
