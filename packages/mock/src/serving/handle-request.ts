import { preflightAnswer } from "../admin/cross-origin.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { newCall } from "./call.ts";
import { codingsOf, decodeBody } from "./decode-body.ts";
import type { Answer, Exchange, Serve } from "./exchange.ts";
import type { World } from "./mock-world.ts";
import { playRequest } from "./play-request.ts";

/** Answers every request of a mock: the way from an exchange to the admin API, to a file, or to what the mock plays. */
export function createServe(world: World, way: Way = { browserProxy: false }): Serve {
  return (exchange) => {
    if (exchange.body.length === 0) return route(world, way, exchange, exchange.body);
    const codings = codingsOf(headerOf(exchange, "content-encoding"), exchange.body);
    return codings.length === 0 ? route(world, way, exchange, exchange.body) : decodeThenRoute(world, way, exchange, codings);
  };
}

/** By which way requests come. */
export interface Way {
  /** Through a tunnel that a browser opened: every request is meant for another host. */
  readonly browserProxy: boolean;
}

async function decodeThenRoute(world: World, way: Way, exchange: Exchange, codings: readonly string[]): Promise<void> {
  const maxBytes = world.options.maxBodyBytes ?? defaultMaxBodyBytes;
  const decoded = await decodeBody(exchange.body, codings, maxBytes);
  if (!decoded.ok && decoded.reason === "too-large") {
    await exchange.send(plainAnswer(413, `The body is larger than ${maxBytes} bytes when it is decoded.\n`));
    return;
  }
  // What is not in the coding it claims is seen as it is.
  await route(world, way, exchange, decoded.ok ? decoded.body : exchange.body);
}

function route(world: World, way: Way, exchange: Exchange, body: Buffer): Promise<void> | undefined {
  const { options } = world;
  const request = receiveRequest({
    method: exchange.method,
    target: exchange.target,
    rawHeaders: exchange.authority === undefined ? exchange.rawHeaders : [":authority", exchange.authority, ...exchange.rawHeaders],
    httpVersion: exchange.protocol.slice(5),
    scheme: exchange.scheme,
    localPort: exchange.localPort,
    remoteAddress: exchange.remoteAddress,
    body,
    receivedAt: exchange.receivedAtMs,
    id: world.ids.next(),
    browserProxyRequest: options.proxy?.browser === true && (way.browserProxy || isForOtherHost(exchange)),
  });
  if (options.admin !== false && isAdminPath(request.path)) return serveAdmin(world, exchange, request);
  if (options.stubCors === true) {
    const preflight = preflightAnswer(request);
    if (preflight !== undefined) return exchange.send({ ...preflight, addLength: true });
  }
  if (request.path.startsWith("/__files/") && (request.method === "GET" || request.method === "HEAD"))
    return serveFile(world, exchange, request);
  return playRequest(world, newCall(exchange, request));
}

async function serveAdmin(world: World, exchange: Exchange, request: MockRequest): Promise<void> {
  const { handleAdmin } = await import("../admin/handle-admin.ts");
  const { status, headers, body } = await handleAdmin(world, request);
  // WireMock's own servlets frame their answers, what only leads elsewhere and preflights have a length.
  await exchange.send({ status, headers, body, addLength: status === 302 || request.method === "OPTIONS" });
}

async function serveFile(world: World, exchange: Exchange, request: MockRequest): Promise<void> {
  const { staticFileAnswer } = await import("./static-file.ts");
  const file = await staticFileAnswer(world, request, request.path.slice("/__files".length));
  await exchange.send(file ?? plainAnswer(404, `There is no ${request.path.slice(1)}.\n`));
}

function isAdminPath(path: string): boolean {
  return path.startsWith("/__admin") && (path.length === 8 || path.charCodeAt(8) === 0x2f);
}

/** In absolute form a browser asks its proxy. */
function isForOtherHost(exchange: Exchange): boolean {
  return exchange.target.charCodeAt(0) !== 0x2f && exchange.target !== "*";
}

function headerOf(exchange: Exchange, name: string): string | undefined {
  const raw = exchange.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]?.length === name.length && raw[index]?.toLowerCase() === name) return raw[index + 1];
  }
  return undefined;
}

function plainAnswer(status: number, text: string): Answer {
  return {
    status,
    headers: [{ name: "Content-Type", value: "text/plain;charset=UTF-8" }],
    body: Buffer.from(text, "utf8"),
    addLength: true,
  };
}

export const defaultMaxBodyBytes = 32 * 1024 * 1024;
