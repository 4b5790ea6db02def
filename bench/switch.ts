import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openEdge } from "../packages/dojang/src/edge/edge.ts";
import { releaseSockets, slotCount } from "../packages/dojang/src/edge/edge-site.ts";
import { freePort, readSite } from "../packages/dojang/src/edge/edge-test-bed.ts";

/**
 * Prints the row "switch of releases under load" of the design's numbers: `node bench/switch.ts [SECONDS]`, needs wrk and nginx.
 *
 * Two releases take turns behind a real edge while wrk asks without a pause: once on connections that stay, once on a new one for
 * each request. At each switch five WebSockets are open on the former release; they must still echo after it, and only when they
 * are closed and the former release has no connection left is its process ended and started anew for the next turn.
 */
const seconds = Number(process.argv[2] ?? 30);
const switches = 20;
const connections = 32;
const siteId = "bench";

const home = mkdtempSync(join(tmpdir(), "dojang-switch-"));
chmodSync(home, 0o711);
const edge = await openEdge({ home, signal: new AbortController().signal });
const running = new Map<string, ChildProcess>();
try {
  const port = await freePort();
  const definition = readSite({ hosts: ["bench.example"], listen: { address: "127.0.0.1", http: port }, "connection-limit": 1000 });
  for (const release of ["a", "b"]) await startRelease(release);
  await edge.apply([{ id: siteId, definition, statusPage: false }]);
  await point("a");
  await edge.start();
  const kept = await measure("connections that stay", port, []);
  const fresh = await measure("a new connection each", port, ["-H", "Connection: close"]);
  const [requests, failed] = [kept.requests + fresh.requests, kept.failed + fresh.failed];
  console.log(
    `switch of releases under load: ${failed} failed of ${requests} requests over ${2 * switches} switches (target: 0 of 100k over 20)`,
  );
} finally {
  await edge.stop({ graceMs: 2_000 });
  for (const child of running.values()) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
}

interface Measured {
  readonly requests: number;
  readonly failed: number;
}

async function measure(name: string, port: number, more: readonly string[]): Promise<Measured> {
  const load = spawn("wrk", [
    "-t2",
    `-c${connections}`,
    `-d${seconds}s`,
    "-H",
    "Host: bench.example",
    ...more,
    `http://127.0.0.1:${port}/`,
  ]);
  let said = "";
  load.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const ended = once(load, "exit");
  let [current, next] = ["a", "b"];
  let echoed = 0;
  for (let count = 0; count < switches; count++) {
    await delay((seconds * 1000) / (switches + 2) - 150);
    const sockets = await Promise.all(Array.from({ length: 5 }, () => openWebSocket(port)));
    await point(next);
    for (const socket of sockets) if (await echoes(socket)) echoed++;
    for (const socket of sockets) socket.close();
    await drained(current);
    await stopRelease(current);
    await startRelease(current);
    [current, next] = [next, current];
  }
  await ended;
  // Both turns begin with the same release.
  await point("a");
  const number = (pattern: RegExp) => Number(pattern.exec(said)?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(said)?.slice(1).map(Number) ?? [];
  const failed = errors.reduce((sum, count) => sum + count, 0) + number(/Non-2xx or 3xx responses: (\d+)/);
  const requests = number(/(\d+) requests in/);
  if (requests === 0) throw new Error(`wrk asked nothing: ${said}`);
  console.log(`  ${name}: ${failed} failed of ${requests} requests; ${echoed} of ${switches * 5} WebSockets went on after their switch`);
  return { requests, failed };
}

function point(release: string): Promise<void> {
  return edge.pointSlots(
    siteId,
    Array.from({ length: slotCount }, () => release),
  );
}

async function startRelease(name: string): Promise<void> {
  const folder = releaseSockets(home, siteId, name);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const child = fork(join(import.meta.dirname, "switch-release.ts"), [name, join(folder, "web.sock")]);
  await once(child, "message");
  running.set(name, child);
}

async function stopRelease(name: string): Promise<void> {
  const child = running.get(name);
  if (child === undefined) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** Until no connection is left on a release that no slot points to. */
async function drained(name: string): Promise<void> {
  const child = running.get(name);
  for (let tries = 0; tries < 500 && child !== undefined; tries++) {
    child.send("open?");
    const [answer] = await once(child, "message");
    if (answer.open === 0) return;
    await delay(10);
  }
  throw new Error(`release ${name} still has connections`);
}

/** By hand, because Node's own sends the address as Host, which to nginx is a stranger. */
async function openWebSocket(port: number): Promise<WebSocketPeer> {
  const socket = connect(port, "127.0.0.1");
  const head = ["GET / HTTP/1.1", "Host: bench.example", "Connection: Upgrade", "Upgrade: websocket"];
  socket.write(`${[...head, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="].join("\r\n")}\r\n\r\n`);
  const [answer] = await once(socket, "data");
  if (!String(answer).startsWith("HTTP/1.1 101")) throw new Error(`no WebSocket: ${answer}`);
  return { send: (text) => socket.write(text), next: async () => (await once(socket, "data"))[0], close: () => socket.destroy() };
}

interface WebSocketPeer {
  send(frame: Buffer): void;
  next(): Promise<Buffer>;
  close(): void;
}

async function echoes(socket: WebSocketPeer): Promise<boolean> {
  const answer = socket.next().catch(() => Buffer.alloc(0));
  // "ping", masked with zeros.
  socket.send(Buffer.concat([Buffer.from([0x81, 0x84, 0, 0, 0, 0]), Buffer.from("ping")]));
  return (await Promise.race([answer, delay(2000, Buffer.alloc(0))])).subarray(2).toString() === "ping";
}
