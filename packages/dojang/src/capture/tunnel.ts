import type { IncomingMessage, Server } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import type { Authority } from "./authority.ts";
import { readClientHello } from "./client-hello.ts";
import { proxyUser, type Route } from "./exchange.ts";
import { Recording } from "./recording.ts";
import { decideTrace } from "./trace-context.ts";
import { describeFailure, dialOrigin, type Origin, secure, UpstreamAgent, type UpstreamOptions } from "./upstream.ts";

/**
 * CONNECT: the service is dialled first, so that a refusal is a refusal. Then the first bytes of the client decide:
 *
 *   an HTTP/1 request line   -> the connection is handed to the lane's HTTP server, its requests are recorded
 *   a TLS ClientHello        -> the recorder shakes hands with the service; when that works, and the client can speak HTTP/1,
 *                               it answers the client with a certificate of the environment's authority and records inside
 *   anything else, a service that speaks first, or nothing for `sniffMs` -> bytes are passed and counted
 *
 * Whatever cannot be opened without changing what the client sees (a certificate nobody vouches for, HTTP/2 only, a client
 * that refused our certificate before) is passed as bytes, and its record says why.
 */
export interface TunnelOptions {
  readonly upstream: UpstreamOptions;
  readonly authority: Authority | undefined;
  readonly sniffMs: number;
  /** Targets whose clients refused the authority's certificate; shared by all lanes. */
  readonly refused: Set<string>;
  readonly server: Server;
  readonly enter: (socket: Duplex, route: Route) => void;
}

export async function openTunnel(
  options: TunnelOptions,
  base: Route,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  const target = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(request.url ?? "");
  if (target === null) {
    socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const origin: Origin = { scheme: "http", host: target[1] ?? "", port: Number(target[2]) };
  const tunnel: Tunnel = { origin, route: { ...base, token: proxyUser(request.rawHeaders) ?? base.token }, socket };
  let plain: Duplex;
  try {
    plain = await dialOrigin(origin, options.upstream);
  } catch (error) {
    record(tunnel).end(describeFailure(error, origin));
    // The step's preload turns the code back into the error the client would have met without a recorder.
    const code =
      error instanceof Error && "code" in error && /^[A-Z_]+$/.test(String(error.code)) ? `X-Dojang-Error: ${error.code}\r\n` : "";
    socket.end(`HTTP/1.1 502 Bad Gateway\r\n${code}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    return;
  }
  // Until someone reads from it, an error of the service's side has no other listener.
  plain.on("error", () => plain.destroy());
  if (socket.destroyed) {
    plain.destroy();
    return;
  }
  socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
  const first = await sniff(socket, plain, head, options.sniffMs);
  switch (first.speaks) {
    case "http":
      enterHttp(options, tunnel, socket, plain);
      return;
    case "tls":
      await enterTls(options, tunnel, plain, first);
      return;
    case "other":
      pass(tunnel, plain);
      return;
    case "closed":
      record(tunnel).end();
      plain.destroy();
  }
}

interface Tunnel {
  readonly origin: Origin;
  readonly route: Route;
  readonly socket: Duplex;
}

type Sniffed =
  | { readonly speaks: "http" | "other" | "closed" }
  | { readonly speaks: "tls"; readonly serverName: string | undefined; readonly protocols: readonly string[] | undefined };

/** Reads until the protocol is clear, then puts the bytes back. */
function sniff(socket: Duplex, service: Duplex, head: Buffer, sniffMs: number): Promise<Sniffed> {
  return new Promise((resolve) => {
    let bytes: Buffer = head;
    const settle = (sniffed: Sniffed) => {
      clearTimeout(timer);
      socket.off("readable", look).off("end", closed).off("close", closed);
      service.off("readable", spoke).off("close", spoke);
      if (bytes.length > 0) socket.unshift(bytes);
      resolve(sniffed);
    };
    const closed = () => settle({ speaks: bytes.length > 0 ? "other" : "closed" });
    const look = () => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) bytes = Buffer.concat([bytes, chunk]);
      const seen = classify(bytes);
      if (seen !== undefined) settle(seen);
    };
    // A service that speaks first (SMTP, MySQL), or hangs up, has a client that waits. What it said stays where it is.
    const spoke = () => settle({ speaks: "other" });
    const timer = setTimeout(() => settle({ speaks: "other" }), sniffMs);
    service.on("readable", spoke).on("close", spoke);
    socket.on("readable", look).on("end", closed).on("close", closed);
    look();
  });
}

/** Undefined: not enough seen yet. */
export function classify(bytes: Buffer): Sniffed | undefined {
  if (bytes.length === 0) return undefined;
  const hello = readClientHello(bytes);
  if (hello.state === "complete") return { speaks: "tls", ...hello.hello };
  if (hello.state === "partial") return undefined;
  const line = bytes.subarray(0, 256).toString("latin1");
  if (/^[!#$%&'*+.^_`|~\w-]{1,32} (?:\/|\*|https?:\/\/)/i.test(line))
    return line.startsWith("PRI * HTTP/2") ? { speaks: "other" } : { speaks: "http" };
  return /^[A-Z]{1,32}(?: ?| {1,2}h?t?t?p?s?:?\/?)$/i.test(line) ? undefined : { speaks: "other" };
}

function enterHttp(options: TunnelOptions, tunnel: Tunnel, socket: Duplex, first: Duplex, scheme: "http" | "https" = "http"): void {
  const agent = new UpstreamAgent(tunnel.route.open, { tunnel: first });
  // One connection on each side, which live and die together: a client then meets the keep-alive of the service itself.
  let busy = 0;
  const endIfOver = () => {
    if (busy === 0 && first.destroyed) socket.end();
  };
  first.once("close", endIfOver);
  socket.once("close", () => {
    agent.destroy();
    if (!first.destroyed) first.destroy();
  });
  const exchange = () => {
    busy++;
    return () => {
      busy--;
      endIfOver();
    };
  };
  options.enter(socket, { ...tunnel.route, origin: { ...tunnel.origin, scheme }, agent, exchange });
}

async function enterTls(options: TunnelOptions, tunnel: Tunnel, plain: Duplex, hello: Extract<Sniffed, { speaks: "tls" }>): Promise<void> {
  const key = `${tunnel.origin.host}:${tunnel.origin.port}`;
  const { authority } = options;
  const why = whyNotOpen(options, key, hello.protocols);
  if (why !== undefined || authority === undefined) {
    pass(tunnel, plain, why);
    return;
  }
  const name = hello.serverName ?? tunnel.origin.host;
  let upstream: tls.TLSSocket;
  try {
    upstream = await secure(plain, name, options.upstream.tls);
  } catch (error) {
    await passAfresh(options, tunnel, `not opened: ${describeFailure(error, tunnel.origin)}`);
    return;
  }
  const leaf = await authority.leaf(name);
  const { socket } = tunnel;
  if (socket.destroyed) {
    upstream.destroy();
    return;
  }
  const opened = new tls.TLSSocket(socket, {
    isServer: true,
    secureContext: tls.createSecureContext({ cert: leaf.chainPem, key: leaf.keyPem }),
    ALPNProtocols: ["http/1.1"],
  });
  const refuse = (error: Error) => {
    // Alerts by which a client says that it does not accept our certificate; other failures say nothing about the next try.
    if (/unknown ca|certificate unknown|bad certificate/i.test(error.message)) options.refused.add(key);
    record(tunnel).end(`the client refused the recorder's certificate for ${name}: ${error.message}`);
    upstream.destroy();
    opened.destroy();
  };
  opened.once("error", refuse);
  opened.once("secure", () => {
    opened.off("error", refuse);
    opened.on("error", () => opened.destroy());
    enterHttp(options, tunnel, opened, upstream, "https");
  });
}

function whyNotOpen(options: TunnelOptions, key: string, protocols: readonly string[] | undefined): string | undefined {
  if (options.authority === undefined) return "not opened: the environment has no certificate authority";
  if (options.refused.has(key)) return "not opened: a client refused the recorder's certificate for this target before";
  if (protocols !== undefined && !protocols.includes("http/1.1")) return `not opened: the client speaks only ${protocols.join(", ")}`;
  return undefined;
}

async function passAfresh(options: TunnelOptions, tunnel: Tunnel, why: string): Promise<void> {
  try {
    pass(tunnel, await dialOrigin(tunnel.origin, options.upstream), why);
  } catch (error) {
    record(tunnel).end(describeFailure(error, tunnel.origin));
    tunnel.socket.destroy();
  }
}

function pass(tunnel: Tunnel, server: Duplex, why?: string): void {
  const { socket } = tunnel;
  const recording = record(tunnel);
  socket.on("data", (chunk: Buffer) => recording.request.see(chunk));
  server.on("data", (chunk: Buffer) => recording.response.see(chunk));
  // Each side's end is passed on alone: a protocol may half-close and still wait for the answer.
  socket.pipe(server);
  server.pipe(socket);
  const over = () => {
    recording.end(why);
    socket.destroy();
    server.destroy();
  };
  for (const side of [socket, server]) side.on("error", over).on("close", over);
  if (server.destroyed) over();
}

function record({ origin, route }: Tunnel): Recording {
  const authority = `${isIP(origin.host) === 6 ? `[${origin.host}]` : origin.host}:${origin.port}`;
  return new Recording(
    {
      kind: "tunnel",
      lane: route.lane,
      testAttempt: route.attribution.attemptOf(route.lane, route.token),
      requestId: decideTrace(undefined, undefined).requestId,
      method: "CONNECT",
      url: authority,
      requestHeaders: [],
    },
    // Bytes of an unknown protocol may be anything, keys included: they are counted and not kept.
    { ...route.recording, bodyCapBytes: 0 },
    route.recordings,
  );
}
