import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { freePort, listening, serveTcp, testPlan } from "../../tests/serve.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import type { LoadResult } from "../result/load-result.ts";
import { readScenario } from "../scenario/read-scenario.ts";
import { runLoad } from "./run-load.ts";

interface Seen {
  readonly handshakes: { readonly url: string | undefined; readonly cookie: string | undefined; readonly protocol: string }[];
  readonly codes: number[];
  open: number;
  most: number;
}

/** An HTTP server that gives cookies, with WebSockets below /live. */
async function serve(onSocket: (socket: WebSocket) => void): Promise<{ readonly port: number; readonly seen: Seen }> {
  const seen: Seen = { handshakes: [], codes: [], open: 0, most: 0 };
  const server = createServer((request, response) => {
    if (request.url === "/login") response.setHeader("Set-Cookie", "sid=s1");
    response.writeHead(request.url === "/login" ? 200 : 404).end();
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  server.on("upgrade", (request, socket, head) => {
    if (!request.url?.startsWith("/live")) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      seen.handshakes.push({ url: request.url, cookie: request.headers.cookie, protocol: opened.protocol });
      seen.most = Math.max(seen.most, ++seen.open);
      opened.on("close", (code) => {
        seen.open--;
        seen.codes.push(code);
      });
      onSocket(opened);
    });
  });
  return { port: await listening(server), seen };
}

async function run(port: number, yaml: string, wish: Partial<LoadPlan> = {}): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), "dojang-ws-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "live.yaml");
  await writeFile(file, yaml);
  const scenario = await readScenario(file, { environment: {} });
  return runLoad(testPlan(port, { scenario, ...wish }), { signal: AbortSignal.timeout(30_000) });
}

const users = (count: number): LoadPlan["traffic"] => ({ model: "closed", stages: [{ fromUsers: count, toUsers: count, forMs: 300 }] });

const byName = (result: LoadResult) => Object.fromEntries(result.requests.map(({ name, asked, errors }) => [name, { asked, errors }]));

const greeting = `
requests:
  - websocket: /live?room=\${random.int(1,9)}
    name: live
    protocols: [chat]
    messages:
      - json: { type: hello, n: "\${counter}" }
        name: hello
        expect: { json: { $.type: welcome } }
        capture: { id: $.id }
      - send: "again \${id}"
        expect: { contains: "echo again 41" }
`;

/** Says something nobody asked for first, then answers. */
const chat = (socket: WebSocket): void => {
  socket.on("message", (data) => {
    const text = String(data);
    socket.send("by the way");
    socket.send(text.startsWith("{") ? JSON.stringify({ type: "welcome", id: 41 }) : `echo ${text}`);
  });
};

test("the handshake and each message are requests of their own, and the rate counts them", async () => {
  const { port, seen } = await serve(chat);
  const result = await run(port, greeting);
  expect(result.totals).toMatchObject({ asked: 40, completed: 40, errors: {}, statuses: { "101": 40 } });
  expect(Object.keys(byName(result))).toEqual(["live", "live hello", "live message 2"]);
  expect(result.requests.map((request) => request.latency.count)).toEqual(result.requests.map((request) => request.asked));
  expect(seen.handshakes[0]).toMatchObject({ url: expect.stringMatching(/^\/live\?room=\d$/), protocol: "chat" });
  expect(result.requests[1]?.bytesOut).toBeGreaterThan(20);
  expect(result.requests[1]?.bytesIn).toBeGreaterThan(20);
});

test("users go through HTTP and WebSocket steps with one cookie, and leave nothing open", async () => {
  const { port, seen } = await serve(chat);
  const yaml =
    "requests:\n  - GET /login\n  - websocket: /live\n    messages: [{ send: hi, expect: { contains: echo } }, { close: true }]\n";
  const result = await run(port, yaml, { traffic: users(3) });
  expect(result.totals.errors).toEqual({});
  expect(Object.keys(byName(result))).toEqual(["GET /login", "WS /live", "WS /live message 1", "WS /live close"]);
  expect(seen.handshakes.every(({ cookie }) => cookie === "sid=s1")).toBe(true);
  expect(seen.most).toBeLessThanOrEqual(3);
  await expect.poll(() => seen.open, { timeout: 10_000 }).toBe(0);
});

test("a WebSocket is closed after its last message, with the code of a normal end", async () => {
  const { port, seen } = await serve(chat);
  await run(port, "requests:\n  - websocket: /live\n    messages: [{ send: hi }]\n", { traffic: users(2) });
  await expect.poll(() => seen.open, { timeout: 10_000 }).toBe(0);
  expect(seen.codes.filter((code) => code === 1000).length).toBeGreaterThan(seen.codes.length - 3);
});

test("what the server said before anybody waited is found by who waits later", async () => {
  const { port } = await serve((socket) => {
    for (const word of ["one", "two", "three"]) socket.send(word);
  });
  const yaml = `requests:
  - websocket: /live
    messages: [{ expect: { contains: two }, capture: { word: { regex: '.+' } } }, { expect: {}, think: 20ms }, { expect: { contains: four, within: 50ms } }]
`;
  const counts = byName(await run(port, yaml, { traffic: users(2) }));
  expect(counts["WS /live message 1"]?.errors).toEqual({});
  expect(counts["WS /live message 2"]?.errors).toEqual({});
  expect(counts["WS /live message 3"]?.errors).toEqual({ timeout: counts["WS /live message 3"]?.asked });
});

test("a handshake that is refused is an error of its status, and ends the session", async () => {
  const { port, seen } = await serve(chat);
  const result = await run(port, "requests:\n  - websocket: /forbidden\n    messages: [{ send: hi, expect: {} }]\n");
  expect(result.totals).toMatchObject({ asked: 40, errors: { status: 40 }, statuses: { "403": 40 } });
  expect(seen.handshakes).toEqual([]);
});

test("a server that never answers times out, at the handshake and at a message", async () => {
  const silent = await serveTcp(() => undefined);
  const handshake = await run(silent, "requests:\n  - websocket: /live\n", { timeoutMs: 150 });
  expect(handshake.totals).toMatchObject({ asked: 40, completed: 0, errors: { timeout: 40 } });
  const { port } = await serve(() => undefined);
  const message = byName(await run(port, "requests:\n  - websocket: /live\n    messages: [{ send: hi, expect: { within: 100ms } }]\n"));
  expect(message["WS /live"]?.errors).toEqual({});
  expect(message["WS /live message 1"]?.errors).toEqual({ timeout: message["WS /live message 1"]?.asked });
});

test.each([
  ["what is no HTTP", "\u0000\u0001 nonsense\r\n\r\n"],
  [
    "a handshake without the key",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
  ],
])("%s is garbage", async (_, answer) => {
  const port = await serveTcp((socket) => void socket.once("data", () => socket.write(answer)));
  const result = await run(port, "requests:\n  - websocket: /live\n");
  expect(result.totals).toMatchObject({ asked: 40, completed: 0, errors: { garbage: 40 } });
});

test("frames that are none are garbage of the message that waits", async () => {
  const { port } = await serve((socket) => {
    // Reserved bits, which no extension was agreed on for. The library's socket is the raw one.
    socket.on("message", () => (socket as unknown as { readonly _socket: Socket })._socket.write(Buffer.from([0xff, 0x05, 1, 2, 3, 4, 5])));
  });
  const counts = byName(await run(port, "requests:\n  - websocket: /live\n    messages: [{ send: hi, expect: {} }]\n"));
  expect(counts["WS /live message 1"]?.errors).toEqual({ garbage: counts["WS /live message 1"]?.asked });
});

test("a server that closes in the middle is told apart: by a frame, by a cut, and before the next step", async () => {
  const ends: readonly ((socket: WebSocket) => void)[] = [
    (socket) => void socket.on("message", () => socket.close(1011)),
    (socket) => void socket.on("message", () => socket.terminate()),
    (socket) => socket.close(1001),
  ];
  for (const end of ends) {
    const { port } = await serve(end);
    const yaml = "requests:\n  - websocket: /live\n    messages: [{ send: hi, expect: {}, think: 30ms }]\n";
    const counts = byName(await run(port, yaml, { traffic: users(2) }));
    expect(counts["WS /live"]?.errors).toEqual({});
    const { asked, errors } = counts["WS /live message 1"] ?? { asked: 0, errors: {} };
    expect(asked).toBeGreaterThan(0);
    expect((errors.closed ?? 0) + (errors.reset ?? 0)).toBe(asked);
  }
});

test("over TLS the certificate is verified, against an authority that is named or not at all", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dojang-wss-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", keyFile, "-out", certFile, "-days", "2", ...subject],
    {
      stdio: "ignore",
    },
  );
  const [key, cert] = [await readFile(keyFile, "utf8"), await readFile(certFile, "utf8")];
  const server = createTlsServer({ key, cert });
  new WebSocketServer({ server }).on("connection", chat);
  const port = await listening(server);
  const yaml = "requests:\n  - websocket: /live\n    messages: [{ send: hi, expect: { contains: echo } }]\n";
  const runWith = (tls: LoadPlan["target"]["tls"]) =>
    run(port, yaml, { target: { scheme: "https", host: "127.0.0.1", port, protocol: "http/1.1", tls } });
  expect((await runWith({ verify: true })).totals).toMatchObject({ completed: 0, errors: { tls: 40 } });
  expect((await runWith({ verify: true, authorityPem: cert })).totals.errors).toEqual({});
  expect((await runWith({ verify: false })).totals.errors).toEqual({});
});

test("a unix socket carries WebSockets too", async () => {
  const path = join(tmpdir(), `dojang-ws-${process.pid}.sock`);
  const server = createServer();
  new WebSocketServer({ server }).on("connection", chat);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const yaml = "requests:\n  - websocket: /live?a=1\n    messages: [{ send: hi, expect: { contains: echo } }]\n";
  const target = { scheme: "http", host: "api", port: 80, protocol: "http/1.1", socketPath: path } as const;
  expect((await run(1, yaml, { target })).totals).toMatchObject({ asked: 40, completed: 40, errors: {} });
});

test("nobody listening is refused", async () => {
  const port = await freePort();
  const result = await run(port, "requests:\n  - websocket: /live\n");
  expect(result.totals).toMatchObject({ asked: 40, completed: 0, errors: { refused: 40 } });
});

test("no more are open than connections are allowed: the others wait, and the wait counts", async () => {
  const { port, seen } = await serve((socket) => void socket.on("message", () => setTimeout(() => socket.send("ok"), 20)));
  const yaml = "requests:\n  - websocket: /live\n    messages: [{ send: hi, expect: {} }]\n";
  const result = await run(port, yaml, { connections: { max: 2, connectTimeoutMs: 10_000 }, traffic: users(6), timeoutMs: 10_000 });
  expect(seen.most).toBe(2);
  expect(result.totals.errors).toEqual({});
  const { latency, serviceTime } = result.requests[0] ?? {};
  expect(latency?.sumUs).toBeGreaterThan(serviceTime?.sumUs ?? 0);
});

test.each([
  ["websocket: live", /must be a path such as \/live/],
  ["websocket: /live\n    messages: [{ expect: { within: soon } }]", /must be a duration above 0/],
  ["websocket: /live\n    messages: [{ send: a, json: {} }]", /more than one of send, json and close/],
  ["websocket: /live\n    messages: [{ name: nothing }]", /neither sends nor waits/],
  ["websocket: /live\n    messages: [{ send: a, capture: { id: $.id } }]", /captures from no message/],
  ["websocket: /live\n    messages: [{ close: true }, { send: a }]", /after `close`/],
  ["websocket: /live\n    mesages: []", /unknown key "mesages".*messages/],
  ["websocket: /live\n    messages: [{ sent: a }]", /unknown key "sent".*send/],
  ["websocket: /live\n    messages: [{ send: '${nobody}' }]", /nobody.* has no value/],
])("a file with %j is refused with its place", async (step, message) => {
  const error = await run(1, `requests:\n  - GET /\n  - ${step}\n`).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "scenario-invalid" });
  const [finding] = (error as { findings: { message: string; fix: string; place: { line: number } }[] }).findings;
  expect(`${finding?.message}; ${finding?.fix}`).toMatch(message);
  expect(finding?.place.line).toBeGreaterThanOrEqual(3);
});
