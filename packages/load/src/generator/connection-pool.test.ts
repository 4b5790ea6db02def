import { createServer } from "node:http";
import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { freePort, listening, serveTcp } from "../../tests/serve.ts";
import type { LoadError } from "../result/load-result.ts";
import type { Exchange } from "./connection.ts";
import { type ConnectionPool, createConnectionPool, type PoolOptions } from "./connection-pool.ts";

function poolFor(port: number, wish: Partial<PoolOptions> = {}): ConnectionPool {
  const pool = createConnectionPool({
    target: { scheme: "http", host: "127.0.0.1", port, protocol: "http/1.1" },
    limits: { max: 2, connectTimeoutMs: 10_000 },
    timeoutMs: 10_000,
    maxWaiting: 100,
    ...wish,
  });
  onTestFinished(() => pool.close("unfinished"));
  return pool;
}

interface Asked {
  readonly exchange: Exchange;
  /** What it ended with: a status, or the kind of its error. */
  readonly ended: Promise<number | LoadError>;
}

function ask(path: string): Asked {
  const { promise, resolve } = Promise.withResolvers<number | LoadError>();
  const exchange: Exchange = {
    method: "GET",
    payload: `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
    keep: false,
    retried: false,
    sentAt: 0,
    onAnswer: ({ status }) => resolve(status),
    goOn: () => undefined,
    onFailure: (error) => resolve(error),
  };
  return { exchange, ended: promise };
}

/** Answers when it is told to; counts connections. */
async function patientServer() {
  const waiting: (() => void)[] = [];
  const seen = { connections: 0, paths: [] as string[] };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    seen.paths.push(request.url ?? "");
    waiting.push(() => response.end("ok"));
  });
  server.on("connection", () => seen.connections++);
  const port = await listening(server);
  const answerNext = async () => {
    await expect.poll(() => waiting.length, { timeout: 10_000 }).toBeGreaterThan(0);
    waiting.shift()?.();
  };
  return { port, seen, answerNext };
}

test("no more are opened than allowed; what waits goes in the order in which it came", async () => {
  const { port, seen, answerNext } = await patientServer();
  const pool = poolFor(port);
  const asked = ["/1", "/2", "/3", "/4"].map(ask);
  for (const { exchange } of asked) expect(pool.send(exchange)).toBe(false);
  await expect.poll(() => seen.paths.length, { timeout: 10_000 }).toBe(2);
  expect(pool).toMatchObject({ open: 2, peak: 2, waiting: 2 });
  for (let times = 0; times < 4; times++) await answerNext();
  expect(await Promise.all(asked.map(({ ended }) => ended))).toEqual([200, 200, 200, 200]);
  expect(seen.paths.slice(0, 2).sort()).toEqual(["/1", "/2"]);
  expect(seen.paths.slice(2)).toEqual(["/3", "/4"]);
  expect(seen.connections).toBe(2);
});

test("a connection that is free takes the next at once", async () => {
  const { port, seen, answerNext } = await patientServer();
  const pool = poolFor(port);
  const first = ask("/1");
  pool.send(first.exchange);
  await answerNext();
  await first.ended;
  const second = ask("/2");
  expect(pool.send(second.exchange)).toBe(true);
  await answerNext();
  expect(await second.ended).toBe(200);
  expect(seen.connections).toBe(1);
});

test.each(["text", "bytes"])(
  "a body larger than the system takes at once arrives whole as %s, and the next request after it",
  async (form) => {
    const lengths: number[] = [];
    const server = createServer(async (request, response) => {
      let length = 0;
      for await (const part of request) length += part.length;
      lengths.push(length);
      response.end("ok");
    });
    const pool = poolFor(await listening(server), { limits: { max: 1, connectTimeoutMs: 10_000 } });
    const length = 32 * 1024 * 1024;
    const text = `POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`;
    const [first, second] = [ask("/1"), ask("/2")];
    pool.send({ ...first.exchange, payload: form === "text" ? text : Buffer.from(text, "latin1") });
    pool.send(second.exchange);
    expect(await Promise.all([first.ended, second.ended])).toEqual([200, 200]);
    expect(lengths).toEqual([length, 0]);
  },
);

test("a keep-alive connection that the server closed while it was free costs no request", async () => {
  const server = createServer({ keepAliveTimeout: 1, keepAliveTimeoutBuffer: 0 }, (_, response) => void response.end("ok"));
  let closed = 0;
  server.on("connection", (socket: Socket) => socket.on("close", () => closed++));
  const pool = poolFor(await listening(server));
  for (let times = 1; times <= 3; times++) {
    const { exchange, ended } = ask("/");
    pool.send(exchange);
    expect(await ended).toBe(200);
    await expect.poll(() => closed, { timeout: 10_000 }).toBe(times);
  }
});

test("nobody listening fails each request once, the oldest first", async () => {
  const pool = poolFor(await freePort());
  const asked = ["/1", "/2", "/3"].map(ask);
  const order: number[] = [];
  for (const [index, { exchange, ended }] of asked.entries()) {
    void ended.then(() => order.push(index));
    pool.send(exchange);
  }
  expect(await Promise.all(asked.map(({ ended }) => ended))).toEqual(["refused", "refused", "refused"]);
  expect(order).toEqual([0, 1, 2]);
  expect(pool).toMatchObject({ open: 0, waiting: 0 });
});

test("a full queue refuses at once", async () => {
  const { port } = await patientServer();
  const pool = poolFor(port, { maxWaiting: 1 });
  const asked = ["/1", "/2"].map(ask);
  for (const { exchange } of asked) pool.send(exchange);
  expect(await asked[1]?.ended).toBe("unsent");
});

test("what takes longer than the limit times out: an answer, and the wait for a connection", async () => {
  const { port, seen } = await patientServer();
  const pool = poolFor(port, { limits: { max: 1, connectTimeoutMs: 10_000 }, timeoutMs: 60_000 });
  const [sent, waits] = [ask("/1"), ask("/2")];
  pool.send(sent.exchange);
  pool.send(waits.exchange);
  await expect.poll(() => seen.paths.length, { timeout: 10_000 }).toBe(1);
  pool.expire(sent.exchange.sentAt + 30_000);
  expect(pool).toMatchObject({ open: 1, waiting: 1 });
  // The clock is the caller's.
  pool.expire(sent.exchange.sentAt + 100_000);
  expect(await Promise.all([sent.ended, waits.ended])).toEqual(["timeout", "timeout"]);
});

test("connections are closed after so many requests when that was asked for", async () => {
  let connections = 0;
  const server = createServer((_, response) => void response.end("ok"));
  server.on("connection", () => connections++);
  const pool = poolFor(await listening(server), { limits: { max: 1, requestsEach: 2, connectTimeoutMs: 10_000 } });
  for (let times = 0; times < 5; times++) {
    const { exchange, ended } = ask("/");
    pool.send(exchange);
    expect(await ended).toBe(200);
  }
  expect(connections).toBe(3);
});

test("closing fails what is under way and what waits, refuses what comes after, and may be done twice", async () => {
  const port = await serveTcp(() => undefined);
  const pool = poolFor(port, { limits: { max: 1, connectTimeoutMs: 10_000 } });
  const asked = ["/1", "/2"].map(ask);
  for (const { exchange } of asked) pool.send(exchange);
  await expect.poll(() => asked[0]?.exchange.sentAt, { timeout: 10_000 }).toBeGreaterThan(0);
  pool.close("unfinished");
  pool.close("unfinished");
  expect(await Promise.all(asked.map(({ ended }) => ended))).toEqual(["unfinished", "unfinished"]);
  const late = ask("/3");
  expect(pool.send(late.exchange)).toBe(false);
  expect(await late.ended).toBe("unsent");
  expect(pool.open).toBe(0);
});
