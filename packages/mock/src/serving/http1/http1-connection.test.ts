import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConnectionOptions } from "../connections.ts";
import type { Exchange, Serve } from "../exchange.ts";
import { type Listener, listenPlain } from "../listener.ts";
import { exchangeRaw, rawClient } from "../testing/raw-client.ts";

let listener: Listener | undefined;
let seen: Exchange[] = [];

beforeEach(() => {
  seen = [];
});
afterEach(async () => {
  await listener?.close(0);
  listener = undefined;
});

async function start(serve: Serve = echo, options: Partial<ConnectionOptions> = {}): Promise<number> {
  listener = await listenPlain(
    { port: 0, address: "127.0.0.1" },
    {
      serve: (exchange) => {
        seen.push(exchange);
        return serve(exchange);
      },
      maxHeaderBytes: 16_384,
      maxBodyBytes: 1_000_000,
      idleTimeoutMs: 30_000,
      connectionReuse: true,
      http2: true,
      ...options,
    },
  );
  return listener.port ?? 0;
}

function echo(exchange: Exchange): void {
  void exchange.send({
    status: 200,
    headers: [],
    body: Buffer.from(`${exchange.method} ${exchange.target} ${exchange.body.toString("latin1")}`),
    addLength: false,
  });
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

test("an answer has no header that the server did not ask for, and a chunked body", async () => {
  const client = await rawClient(await start());
  client.write("GET /x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await client.until((text) => text.endsWith("0\r\n\r\n"))).toBe(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nB\r\nGET /x?y=1 \r\n0\r\n\r\n",
  );
});

test("headers arrive in order, with their case and their repeats", async () => {
  const port = await start();
  await exchangeRaw(
    port,
    "GET / HTTP/1.1\r\nhOsT: a\r\nX-Many: 1\r\nx-many:2\r\nX-Empty:\r\nX-Tab:\t a \tb \t\r\nConnection: close\r\n\r\n",
  );
  expect(seen[0]?.rawHeaders).toEqual(["hOsT", "a", "X-Many", "1", "x-many", "2", "X-Empty", "", "X-Tab", "a \tb", "Connection", "close"]);
});

test.each(["FOO", "get", "F-O_O!", "PROPFIND", "QUERY"])("any token is a method: %s", async (method) => {
  const answer = await exchangeRaw(await start(), `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  expect(answer.text).toContain(`${method} /`);
});

test("a request that comes byte by byte is understood", async () => {
  const client = await rawClient(await start());
  for (const byte of "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc") {
    client.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await client.until((text) => text.endsWith("0\r\n\r\n"))).toContain("POST /slow abc");
});

test("a chunked body is joined; extensions and trailers are ignored", async () => {
  const client = await rawClient(await start());
  client.write(
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n",
  );
  expect(await client.until((text) => text.endsWith("0\r\n\r\n"))).toContain("hello world");
});

test("requests sent ahead are answered in their order, also when the first takes longest", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const client = await rawClient(
    await start(async (exchange) => {
      if (exchange.target === "/first") await held;
      echo(exchange);
    }),
  );
  client.write(
    "GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\nGET /third HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  );
  release();
  const { text } = await client.ended();
  expect([...text.matchAll(/GET \/(\w+)/g)].map((match) => match[1])).toEqual(["first", "second", "third"]);
});

test("ten thousand requests sent ahead are all answered", async () => {
  const port = await start();
  const client = await rawClient(port);
  client.write(get.repeat(10_000) + get.replace("Host", "Connection: close\r\nHost"));
  const { text } = await client.ended();
  expect(text.match(/HTTP\/1\.1 200 OK/g)?.length).toBe(10_001);
});

test("a client that sends ahead and does not read is not read from either, and others are served", async () => {
  const big = Buffer.alloc(1_000_000, "x");
  const port = await start((exchange) => exchange.send({ status: 200, headers: [], body: big, addLength: true }));
  const client = await rawClient(port);
  client.socket.pause();
  client.write(get.repeat(5_000));
  const other = await rawClient(port);
  other.write(get);
  await other.until((text) => text.length > 1_000_000);
  expect(seen.length).toBeLessThan(1_000);
});

test("a client that wants to be told before it sends the body is told", async () => {
  const client = await rawClient(await start());
  client.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  await client.until((text) => text === "HTTP/1.1 100 Continue\r\n\r\n");
  client.write("abc");
  expect(await client.until((text) => text.endsWith("0\r\n\r\n"))).toContain("POST / abc");
});

test("a client that ends its side is still answered", async () => {
  const port = await start(async (exchange) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    echo(exchange);
  });
  const client = await rawClient(port);
  client.socket.end(get);
  expect((await client.ended()).text).toContain("GET /");
});

test("HTTP/1.0 gets a body that ends with the connection", async () => {
  const answer = await exchangeRaw(await start(), "GET / HTTP/1.0\r\n\r\n");
  expect(answer).toEqual({ text: "HTTP/1.1 200 OK\r\n\r\nGET / ", end: "FIN" });
});

test("HTTP/1.0 with keep-alive and a known length keeps the connection", async () => {
  const port = await start((exchange) => exchange.send({ status: 200, headers: [], body: Buffer.from("x"), addLength: true }));
  const client = await rawClient(port);
  client.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".repeat(2));
  const text = await client.until((received) => received.split("HTTP/1.1 200").length === 3);
  expect(text).toContain("Connection: keep-alive\r\nContent-Length: 1\r\n\r\nx");
});

test("HEAD gets the head that GET would get, and no body", async () => {
  const client = await rawClient(await start());
  client.write("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const { text } = await client.ended();
  expect(
    text.startsWith("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\n\r\nGET /after"),
  ).toBe(true);
});

test.each([204, 304])("%i has neither body nor framing", async (status) => {
  const client = await rawClient(
    await start((exchange) => exchange.send({ status, headers: [], body: Buffer.from("no"), addLength: false })),
  );
  client.write(get);
  const text = await client.until((received) => received.endsWith("\r\n\r\n"));
  expect(text).toMatch(/^HTTP\/1\.1 \d+ [A-Za-z ]+\r\n\r\n$/);
});

test("a promised length that is wrong is sent as promised, and the connection ends", async () => {
  const headers = [{ name: "content-length", value: "30" }];
  const port = await start((exchange) => exchange.send({ status: 200, headers, body: Buffer.from("hello"), addLength: false }));
  expect(await exchangeRaw(port, get)).toEqual({ text: "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nhello", end: "FIN" });
});

test("a line end in a header's value becomes a space", async () => {
  const headers = [{ name: "X-Bad", value: "a\r\nInjected: 1" }];
  const port = await start((exchange) => exchange.send({ status: 200, headers, body: Buffer.alloc(0), addLength: true }));
  const client = await rawClient(port);
  client.write(get);
  expect(await client.until((text) => text.endsWith("\r\n\r\n"))).toContain("X-Bad: a  Injected: 1\r\n");
});

const malformed: readonly (readonly [string, number, string])[] = [
  ["no request line", 400, "lkjsdf\r\n\r\n"],
  ["an HTTP/0.9 request", 400, "GET /\r\n\r\n"],
  ["two spaces in the request line", 400, "GET  /  HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a star that is not asked by OPTIONS", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"],
  ["no Host", 400, "GET / HTTP/1.1\r\n\r\n"],
  ["two Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"],
  ["a Host with a space", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"],
  ["a Host with a port that is no number", 400, "GET / HTTP/1.1\r\nHost: a:xx\r\n\r\n"],
  ["a target that names another host", 400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["both framings", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["two equal lengths", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"],
  ["a list of lengths", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello"],
  ["a negative length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello"],
  ["a length with a plus", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello"],
  ["a length in hexadecimal", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello"],
  ["an unknown transfer coding", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\nhello"],
  ["chunked that is not last", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
  ["chunked twice", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a chunk size that is no number", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello"],
  ["a chunk size with a sign", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"],
  ["a chunk that is longer than its size", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"],
  ["a chunk size that ends in LF alone", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"],
  ["a space before a colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n"],
  ["a folded line", 400, "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n"],
  ["a header without a colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nfoo\r\n\r\n"],
  ["a header without a name", 400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"],
  ["a zero byte", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"],
  ["a carriage return inside a line", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n"],
  ["a broken escape in the path", 400, "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["an escaped zero byte in the path", 400, "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a target that is not UTF-8", 400, "GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a target that is no path", 400, "GET plain HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["an unknown expectation", 417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx"],
  ["a TLS handshake", 400, "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"],
  ["a head that is too large", 431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(20_000)}`],
  ["a body that is too large", 413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n"],
  ["chunks that are too large together", 413, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nF4241\r\n"],
];

test.each(malformed)("%s is refused with %i, the connection ends, and the next one is served", async (_what, status, bytes) => {
  const port = await start();
  const answer = await exchangeRaw(port, bytes);
  expect(answer.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer.end).toBe("FIN");
  expect(seen).toEqual([]);
  expect((await exchangeRaw(port, "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).text).toContain("GET /next");
});

test("a refused request does not let a hidden second one through", async () => {
  const port = await start();
  await exchangeRaw(
    port,
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
  );
  expect(seen).toEqual([]);
});

test("a body that is announced and does not come in time ends the connection", async () => {
  const port = await start(echo, { idleTimeoutMs: 100 });
  const answer = await exchangeRaw(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel");
  expect(answer.text).toMatch(/^HTTP\/1\.1 408 /);
});

test("a head that does not end in time ends the connection, however slowly it drips", async () => {
  const port = await start(echo, { idleTimeoutMs: 200 });
  const client = await rawClient(port);
  client.write("GET / HTTP/1.1\r\nHost: a\r\n");
  const drip = setInterval(() => client.write("X: 1\r\n"), 20);
  const answer = await client.ended();
  clearInterval(drip);
  expect(answer.text).toMatch(/^HTTP\/1\.1 408 /);
});

test("an idle connection is closed without an answer", async () => {
  const client = await rawClient(await start(echo, { idleTimeoutMs: 100 }));
  expect(await client.ended()).toEqual({ text: "", end: "FIN" });
});

test("a body that ends early is refused", async () => {
  const client = await rawClient(await start());
  client.socket.end("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  expect((await client.ended()).text).toMatch(/^HTTP\/1\.1 400 /);
  expect(seen).toEqual([]);
});

test("a client that resets midway ends its own exchange alone", async () => {
  const aborted: string[] = [];
  const port = await start(async (exchange) => {
    if (exchange.target !== "/held") return echo(exchange);
    await new Promise<void>((resolve) => exchange.signal.addEventListener("abort", () => resolve()));
    aborted.push(exchange.target);
    echo(exchange);
  });
  const other = await rawClient(port);
  const client = await rawClient(port);
  client.write("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  await expect.poll(() => seen.length).toBe(1);
  client.socket.resetAndDestroy();
  await expect.poll(() => aborted).toEqual(["/held"]);
  other.write("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  await other.until((text) => text.includes("GET /other"));
});

test("what the handler throws is a 500, and the connection goes on", async () => {
  const port = await start((exchange) => {
    if (exchange.target === "/throws") throw new Error("broken on purpose");
    echo(exchange);
  });
  const client = await rawClient(port);
  client.write("GET /throws HTTP/1.1\r\nHost: a\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\n\r\n");
  const text = await client.until((received) => received.includes("GET /after"));
  expect(text).toMatch(/^HTTP\/1\.1 500 Server Error\r\n/);
  expect(text).toContain("broken on purpose");
});

test("what the handler rejects with is a 500 too", async () => {
  const port = await start(() => Promise.reject(new Error("later on purpose")));
  expect((await exchangeRaw(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).text).toContain("later on purpose");
});

test("an answer in pieces reaches the client piece by piece", async () => {
  let go = (): void => {};
  const port = await start(async (exchange) => {
    const stream = exchange.begin({ status: 200, headers: [] });
    await stream.write(Buffer.from("one"));
    await new Promise<void>((resolve) => {
      go = resolve;
    });
    await stream.write(Buffer.from("two"));
    stream.end();
  });
  const client = await rawClient(port);
  client.write(get);
  await client.until((text) => text.endsWith("3\r\none\r\n"));
  go();
  await client.until((text) => text.endsWith("3\r\ntwo\r\n0\r\n\r\n"));
});

test("the four faults are on the wire what WireMock sends", async () => {
  const port = await start((exchange) => exchange.fail(exchange.target.slice(1) as Parameters<Exchange["fail"]>[0], []));
  const ask = (fault: string): ReturnType<typeof exchangeRaw> => exchangeRaw(port, `GET /${fault} HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(await ask("EMPTY_RESPONSE")).toEqual({ text: "", end: "FIN" });
  expect(await ask("RANDOM_DATA_THEN_CLOSE")).toEqual({ text: "lskdu018973t09sylgasjkfg1][]'./.sdlv", end: "FIN" });
  expect(await ask("MALFORMED_RESPONSE_CHUNK")).toEqual({
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nlskdu018973t09sylgasjkfg1][]'./.sdlv",
    end: "FIN",
  });
  expect(await ask("CONNECTION_RESET_BY_PEER")).toEqual({ text: "", end: "RST" });
});

test("connections are not reused where that is turned off", async () => {
  const answer = await exchangeRaw(await start(echo, { connectionReuse: false }), get);
  expect(answer).toEqual({ text: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nGET / ", end: "FIN" });
});

test("CONNECT without a tunnel is answered and leads nowhere", async () => {
  const client = await rawClient(await start());
  client.write("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n");
  await client.until((text) => text === "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  expect(seen).toEqual([]);
});

test("closing lets the answer in flight end and ends idle connections", async () => {
  let release = (): void => {};
  const port = await start(async (exchange) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    echo(exchange);
  });
  const idle = await rawClient(port);
  const busy = await rawClient(port);
  busy.write(get);
  await expect.poll(() => seen.length).toBe(1);
  const closed = listener?.close(5_000);
  expect((await idle.ended()).text).toBe("");
  release();
  expect((await busy.ended()).text).toContain("GET /");
  await closed;
});

test("a unix socket serves, and a stale socket file is taken over", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dojang-mock-"));
  const socketPath = join(folder, "mock.sock");
  const options: ConnectionOptions = {
    serve: echo,
    maxHeaderBytes: 8_192,
    maxBodyBytes: 1_000,
    idleTimeoutMs: 5_000,
    connectionReuse: true,
    http2: true,
  };
  try {
    listener = await listenPlain({ socketPath }, options);
    expect((await exchangeRaw(socketPath, "GET /unix HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).text).toContain("GET /unix");
    await expect(listenPlain({ socketPath }, options)).rejects.toMatchObject({ code: "port-taken" });
  } finally {
    await listener?.close(0);
    listener = undefined;
    await rm(folder, { recursive: true });
  }
});

test("a taken port is a Problem that names it", async () => {
  const port = await start();
  const options: ConnectionOptions = {
    serve: echo,
    maxHeaderBytes: 8_192,
    maxBodyBytes: 1_000,
    idleTimeoutMs: 5_000,
    connectionReuse: true,
    http2: true,
  };
  await expect(listenPlain({ port, address: "127.0.0.1" }, options)).rejects.toMatchObject({
    code: "port-taken",
    message: expect.stringContaining(String(port)),
  });
});

/** A small generator of numbers below 2^32 (xorshift), so that a failure can be had again. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

test("requests spoilt at random are refused or served, never both and never with the server's end", async () => {
  const port = await start();
  const next = numbers(20_261);
  const whole = "POST /a%20b?c=d HTTP/1.1\r\nHost: a:80\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: 1\r\n\r\n";
  for (let round = 0; round < 40; round++) {
    await Promise.all(
      Array.from({ length: 25 }, async () => {
        const bytes = Buffer.from(whole, "latin1");
        for (let spoilt = 0; spoilt <= next(4); spoilt++)
          bytes[next(bytes.length)] = next(2) === 0 ? next(256) : ("\r\n :,;%0".charCodeAt(next(8)) ?? 0);
        const client = await rawClient(port);
        client.socket.end(bytes.subarray(0, next(10) === 0 ? next(bytes.length) : bytes.length));
        const { text, end } = await client.ended();
        const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
        // What follows a chunked body that ended early may be one more request, which is refused.
        expect(statuses.length).toBeLessThanOrEqual(2);
        expect(statuses.slice(0, -1).every((status) => status < 400)).toBe(true);
        expect(end).toBe("FIN");
      }),
    );
  }
  expect((await exchangeRaw(port, "GET /alive HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).text).toContain("GET /alive");
});
