import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect, createServer as createTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import type { MockOptions, MockServer } from "../contract.ts";
import { certificateAuthority, certificateFor, selfSignedCertificate } from "../serving/certificates/issue-certificate.ts";
import { startMock } from "../serving/start-mock.ts";
import { admin, ask, stub } from "../serving/testing/ask.ts";
import { rawClient } from "../serving/testing/raw-client.ts";

let server: MockServer | undefined;
const targets: { close(): void }[] = [];

afterEach(async () => {
  await server?.close();
  server = undefined;
  for (const target of targets.splice(0)) target.close();
});

async function start(options: MockOptions = {}): Promise<MockServer> {
  server = await startMock({ listen: { port: 0, address: "127.0.0.1" }, ...options });
  return server;
}

async function listening(made: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    made.listen(0, "127.0.0.1", resolve);
  });
  targets.push({
    close: () => {
      made.closeAllConnections();
      made.close();
    },
  });
  const address = made.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const target = (serve: RequestListener): Promise<number> => listening(createHttp(serve));

async function tcpTarget(serve: (socket: Socket) => void): Promise<number> {
  const made = createTcp((socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    made.listen(0, "127.0.0.1", resolve);
  });
  targets.push({ close: () => made.close() });
  const address = made.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const proxyTo = (proxyBaseUrl: string, more: object = {}) => ({
  request: { method: "ANY", urlPattern: "/.*" },
  response: { proxyBaseUrl, ...more },
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

test("request and answer pass through, with the stub's headers and delay added", async () => {
  const seen: { method?: string; url?: string; raw?: readonly string[]; body?: string } = {};
  const port = await target(async (request, response) => {
    Object.assign(seen, { method: request.method, url: request.url, raw: request.rawHeaders, body: await bodyOf(request) });
    response.writeHead(201, "Yes", ["Content-Type", "text/plain", "X-A", "1", "X-A", "2", "Content-Length", "5"]);
    response.end("hello");
  });
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}/base`, { headers: { "X-Added": "y" }, fixedDelayMilliseconds: 10 }));
  const answer = await ask(mock, "/x%20y?q=1", { method: "PROPFIND", body: "body", headers: { "X-One": "1", "User-Agent": "ua" } });
  expect(answer).toMatchObject({ status: 201, statusMessage: "Yes", text: "hello" });
  expect(answer.rawHeaders.slice(0, 2)).toEqual(["Connection", "close"]);
  expect(answer.headers).toMatchObject({ "x-a": "1, 2", "x-added": "y", "content-length": "5" });
  expect(seen).toMatchObject({ method: "PROPFIND", url: "/base/x%20y?q=1", body: "body" });
  expect(seen.raw).toEqual(expect.arrayContaining(["X-One", "1", "Host", `127.0.0.1:${port}`, "Content-Length", "4"]));
  expect(seen.raw).not.toContain("ua");
  expect(seen.raw).toContain("dojang-mock");
  const [event] = mock.world.journal.all();
  expect(event).toMatchObject({ answeredBy: "proxy", response: { status: 201, statusMessage: "Yes" }, timing: { addedDelay: 10 } });
  expect(event?.response.body.toString()).toBe("hello");
  expect(event?.stub).toBeDefined();
});

test("a compressed body passes through as it is, both ways", async () => {
  const zipped = gzipSync("zipped");
  let received = Buffer.alloc(0);
  const port = await target(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    received = Buffer.concat(parts);
    response.writeHead(200, { "Content-Encoding": "gzip" });
    response.end(zipped);
  });
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`));
  const answer = await ask(mock, "/", { body: zipped, headers: { "Content-Encoding": "gzip", "Accept-Encoding": "gzip" } });
  expect(answer.body.equals(zipped)).toBe(true);
  expect(received.equals(zipped)).toBe(true);
  expect(mock.world.journal.all()[0]?.request.text).toBe("zipped");
});

test("the base may be a template", async () => {
  const port = await target((request, response) => response.end(request.url));
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:{{request.query.port}}`, { transformers: ["response-template"] }));
  expect((await ask(mock, `/a?port=${port}`)).text).toBe(`/a?port=${port}`);
});

test("a target with any certificate is reached", async () => {
  const { key, certificate } = selfSignedCertificate(["other.example"]);
  const port = await listening(createHttps({ key, cert: certificate }, (_request, response) => response.end("secure")));
  const mock = await start();
  await stub(mock, proxyTo(`https://127.0.0.1:${port}`));
  expect((await ask(mock, "/")).text).toBe("secure");
});

test("an event stream is passed on as it comes, and journaled at its end", async () => {
  let next = (_text: string): void => {};
  let end = (): void => {};
  const port = await target((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.flushHeaders();
    next = (text) => response.write(text);
    end = () => response.end();
  });
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`));
  const client = await rawClient(mock.port ?? 0);
  client.write("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until((text) => text.includes("\r\n\r\n"));
  next("data: 1\n\n");
  await client.until((text) => text.includes("data: 1"));
  expect(mock.world.journal.all()).toEqual([]);
  next("data: 2\n\n");
  end();
  await client.until((text) => text.endsWith("0\r\n\r\n"));
  expect(mock.world.journal.all()[0]?.response.body.toString()).toBe("data: 1\n\ndata: 2\n\n");
});

test("a large answer reaches the client whole, and the journal keeps its beginning", async () => {
  const big = Buffer.alloc(5_000_000, "x");
  const port = await target((_request, response) => response.end(big));
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`));
  const answer = await ask(mock, "/");
  expect(answer.body.equals(big)).toBe(true);
  await expect.poll(() => mock.world.journal.all()[0]?.response.body.length).toBe(1_048_576);
});

test("what came in chunks goes on in chunks, what came with a length with a length", async () => {
  const seen: (string | undefined)[][] = [];
  const port = await target(async (request, response) => {
    seen.push([request.headers["transfer-encoding"], request.headers["content-length"], await bodyOf(request)]);
    response.end();
  });
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`));
  const client = await rawClient(mock.port ?? 0);
  client.write("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  client.write("POST /l HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  await client.ended();
  expect(seen).toEqual([
    ["chunked", undefined, "abc"],
    [undefined, "3", "abc"],
  ]);
});

test("the stub's content type takes the place of the target's", async () => {
  const port = await target((_request, response) => response.setHeader("Content-Type", "text/plain").end("x"));
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`, { headers: { "content-type": "text/mine" } }));
  expect((await ask(mock, "/")).headers["content-type"]).toBe("text/mine");
});

test("a target that cannot be reached is a 500 that names it", async () => {
  const mock = await start();
  await stub(mock, proxyTo("http://127.0.0.1:1"));
  const answer = await ask(mock, "/dead?x");
  expect(answer.status).toBe(500);
  expect(answer.text).toMatch(
    /^Network failure trying to make a proxied request from WireMock to http:\/\/127\.0\.0\.1:1\/dead\?x\r\nConnect to http:\/\/127\.0\.0\.1:1 failed: Connection refused$/,
  );
  await admin(mock, "DELETE", "/mappings");
  await stub(mock, proxyTo("http://no.such.host.invalid"));
  expect((await ask(mock, "/")).text).toContain("Network failure");
});

test("a target that speaks no TLS, breaks off, or answers nonsense is a 500", async () => {
  const port = await tcpTarget((socket) => {
    socket.once("data", (data: Buffer) => {
      const path = data.toString("latin1").split(" ")[1];
      if (path === "/short") socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel");
      else if (path === "/nothing") socket.end();
      else socket.end("no HTTP at all\r\n\r\n");
    });
  });
  const mock = await start();
  await stub(mock, { request: { url: "/tls" }, response: { proxyBaseUrl: `https://127.0.0.1:${port}` } });
  await stub(mock, { request: { urlPattern: "/(short|nothing|nonsense)" }, response: { proxyBaseUrl: `http://127.0.0.1:${port}` } });
  expect((await ask(mock, "/tls")).text).toMatch(/^SSL failure/);
  for (const path of ["/short", "/nothing", "/nonsense"])
    expect(await ask(mock, path)).toMatchObject({ status: 500, text: expect.stringContaining("Network failure") });
});

test("a large answer that breaks off breaks the client's connection too", async () => {
  const port = await target((_request, response) => {
    response.writeHead(200, { "Content-Length": "9000000" });
    response.write(Buffer.alloc(4_000_000), () => setImmediate(() => response.destroy()));
  });
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`));
  await expect(ask(mock, "/")).rejects.toThrow();
  await expect.poll(() => mock.world.journal.all()[0]?.subEvents[0]?.type).toBe("ERROR");
});

test("a target that takes too long is given up", async () => {
  const port = await target(() => {});
  const mock = await start({ proxy: { timeoutMs: 50 } });
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`));
  expect(await ask(mock, "/")).toMatchObject({ status: 500, text: expect.stringContaining("50 ms") });
});

test("a client that leaves ends the request to the target, soon if not at once", async () => {
  let left = false;
  let asked = false;
  const port = await target((request) => {
    asked = true;
    request.on("close", () => {
      left = true;
    });
  });
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`));
  const client = await rawClient(mock.port ?? 0);
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await expect.poll(() => asked).toBe(true);
  client.socket.destroy();
  await expect.poll(() => left, { timeout: 5_000 }).toBe(true);
});

test("a kept connection that the target closed meanwhile is replaced", async () => {
  let connections = 0;
  const port = await tcpTarget((socket) => {
    connections++;
    let requests = 0;
    socket.on("data", () => {
      if (++requests === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.resetAndDestroy();
    });
  });
  const mock = await start();
  await stub(mock, proxyTo(`http://127.0.0.1:${port}`));
  expect((await ask(mock, "/1")).text).toBe("ok");
  expect((await ask(mock, "/2")).text).toBe("ok");
  expect(connections).toBe(2);
});

test("targets that are not allowed are never asked, by name, address or what a name resolves to", async () => {
  let asked = 0;
  const port = await target((_request, response) => {
    asked++;
    response.end();
  });
  const mock = await start({ proxy: { denyTargets: ["127.0.0.1"] } });
  await stub(mock, { request: { url: "/address" }, response: { proxyBaseUrl: `http://127.0.0.1:${port}` } });
  await stub(mock, { request: { url: "/name" }, response: { proxyBaseUrl: `http://localhost:${port}` } });
  await stub(mock, { request: { url: "/number" }, response: { proxyBaseUrl: `http://2130706433:${port}` } });
  for (const path of ["/address", "/name", "/number"]) {
    expect(await ask(mock, path)).toMatchObject({ status: 500, text: "The target proxy address is denied in WireMock's configuration." });
  }
  expect(asked).toBe(0);
});

test("targets are reached through a proxy, HTTP in absolute form and HTTPS in a tunnel, with its password", async () => {
  const { key, certificate } = selfSignedCertificate(["localhost"]);
  const plain = await target((_request, response) => response.end("plain target"));
  const secure = await listening(createHttps({ key, cert: certificate }, (_request, response) => response.end("secure target")));
  const log: string[] = [];
  const proxy = createHttp((request, response) => {
    log.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
    response.end("through the proxy");
  });
  proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
    log.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"]}`);
    const up = connect(secure, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(up).pipe(socket);
    });
    up.on("error", () => socket.destroy());
    socket.on("error", () => up.destroy());
  });
  const port = await listening(proxy);
  const mock = await start({ proxy: { via: `http://user:p%40ss@127.0.0.1:${port}` } });
  await stub(mock, { request: { url: "/plain" }, response: { proxyBaseUrl: `http://127.0.0.1:${plain}` } });
  await stub(mock, { request: { url: "/secure" }, response: { proxyBaseUrl: `https://localhost:${secure}` } });
  expect((await ask(mock, "/plain")).text).toBe("through the proxy");
  expect((await ask(mock, "/secure")).text).toBe("secure target");
  const password = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
  expect(log).toEqual([`GET http://127.0.0.1:${plain}/plain ${password}`, `CONNECT localhost:${secure} ${password}`]);
});

test("a browser's proxy answers by stub, else fetches; only when that is on", async () => {
  const port = await target((request, response) => response.end(`real ${request.url} ${request.headers.host}`));
  const mock = await start({ proxy: { browser: true } });
  await stub(mock, { request: { url: "/stubbed", host: { equalTo: "127.0.0.1" } }, response: { body: "stubbed" } });
  const viaProxy = (path: string) => ask(mock, `http://127.0.0.1:${port}${path}`, { headers: { Host: `127.0.0.1:${port}` } });
  expect((await viaProxy("/stubbed")).text).toBe("stubbed");
  expect((await viaProxy("/real?x")).text).toBe(`real /real?x 127.0.0.1:${port}`);
  expect(mock.world.journal.all()[0]?.request.browserProxyRequest).toBe(true);
  await admin(mock, "POST", "/settings", { proxyPassThrough: false });
  expect((await viaProxy("/real")).status).toBe(404);
  await server?.close();
  const closed = await start();
  expect((await ask(closed, `http://127.0.0.1:${port}/real`, { headers: { Host: `127.0.0.1:${port}` } })).status).toBe(404);
});

test("inside a tunnel a browser finds a certificate of the mock's authority, and stubs answer for the real host", async () => {
  const authority = certificateAuthority("Test");
  const { key, certificate } = certificateFor("localhost", authority);
  const port = await listening(createHttps({ key, cert: certificate }, (request, response) => response.end(`real ${request.url}`)));
  const mock = await start({ proxy: { browser: true, trustedTargets: ["localhost"], certificateAuthority: authority } });
  await stub(mock, { request: { url: "/stubbed", scheme: "https" }, response: { body: "stubbed" } });
  const tunnel = async (path: string): Promise<string> => {
    const client = await rawClient(mock.port ?? 0);
    client.write(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
    await client.until((text) => text.startsWith("HTTP/1.1 200"));
    const secure = connectTls({ socket: client.socket, servername: "localhost", ca: authority.certificate });
    let text = "";
    secure.on("data", (data: Buffer) => {
      text += data.toString("latin1");
    });
    secure.write(`GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`);
    await new Promise((resolve, reject) => {
      secure.once("end", resolve);
      secure.once("error", reject);
    });
    return text;
  };
  expect(await tunnel("/stubbed")).toMatch(/^HTTP\/1\.1 200 OK.*\r\n\r\nstubbed$/s);
  expect(await tunnel("/real")).toContain("real /real");
  expect(await mock.world.certificateAuthority()).toBe(authority.certificate);
});

test("a browser's target with a certificate that nobody vouches for is refused", async () => {
  const { key, certificate } = selfSignedCertificate(["localhost"]);
  const port = await listening(createHttps({ key, cert: certificate }, (_request, response) => response.end("real")));
  const mock = await start({ proxy: { browser: true } });
  const answer = await ask(mock, `https://localhost:${port}/`, { headers: { Host: `localhost:${port}` } });
  expect(answer).toMatchObject({ status: 500, text: expect.stringContaining("SSL failure") });
});
