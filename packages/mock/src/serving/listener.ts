import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import {
  createSecureContext,
  createServer as createTlsServer,
  type SecureContext,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { Problem } from "@dojang/model";
import type { CertificateSource } from "../contract.ts";
import { selfSignedCertificate } from "./certificates/issue-certificate.ts";
import { type ConnectionOptions, Connections, reset } from "./connections.ts";

/**
 * Sockets that accept connections, and every connection they accepted. Protocols: HTTP/1 on both; HTTP/2 by prior knowledge on
 * the plain port, by ALPN on the TLS port, its module loaded with the first such connection.
 */
export interface Listener {
  /** Undefined for a unix socket. */
  readonly port: number | undefined;
  /** Stops accepting, lets answers in flight end for `graceMs`, then ends every connection. Safe twice. */
  close(graceMs: number): Promise<void>;
}

export type ListenAddress = { readonly port: number; readonly address?: string } | { readonly socketPath: string };

export async function listenPlain(address: ListenAddress, options: ConnectionOptions): Promise<Listener> {
  const connections = new Connections(options, "http");
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => connections.accept(socket, (broken) => reset(broken)));
  await listen(server, address);
  return listenerOf(server, [connections]);
}

export interface TlsOptions extends ConnectionOptions {
  readonly certificate: CertificateSource | undefined;
  readonly clientAuthorities: string | undefined;
  readonly requireClientCertificate: boolean;
}

export async function listenTls(address: ListenAddress, options: TlsOptions): Promise<Listener> {
  const { server, connections, sockets } = acceptTls(options);
  await listen(server, address);
  return listenerOf(server, [connections], () => sockets.destroyAll());
}

/** HTTP and HTTPS on one port, told apart by the first byte a client sends: a TLS handshake begins with 22, which no HTTP does. */
export async function listenEither(address: ListenAddress, options: TlsOptions): Promise<Listener> {
  const plain = new Connections(options, "http");
  const tls = acceptTls(options);
  const waiting = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    waiting.add(socket);
    const late = setTimeout(() => socket.destroy(), options.idleTimeoutMs);
    const told = (): void => {
      clearTimeout(late);
      waiting.delete(socket);
    };
    socket.on("error", ignore);
    socket.once("close", told);
    socket.once("readable", () => {
      told();
      const first: Buffer | null = socket.read(1);
      if (first === null) return void socket.destroy();
      socket.unshift(first);
      if (first[0] === tlsHandshake) tls.server.emit("connection", socket);
      else plain.accept(socket, (broken) => reset(broken));
    });
  });
  await listen(server, address);
  return listenerOf(server, [plain, tls.connections], () => {
    for (const socket of waiting) socket.destroy();
    tls.sockets.destroyAll();
  });
}

const tlsHandshake = 22;

/** A TLS server that listens nowhere yet. */
function acceptTls(options: TlsOptions): { readonly server: TlsServer; readonly connections: Connections; readonly sockets: TcpSockets } {
  const connections = new Connections(options, "https");
  const sockets = new TcpSockets();
  const { certificate } = options;
  const fixed = typeof certificate === "object" ? certificate : selfSignedCertificate(["localhost", "127.0.0.1", "::1"]);
  const server = createTlsServer({
    key: fixed.key,
    cert: fixed.certificate,
    ...(typeof certificate === "function" ? { SNICallback: contextsByName(certificate) } : {}),
    ...(options.clientAuthorities === undefined ? {} : { ca: options.clientAuthorities }),
    requestCert: options.requireClientCertificate || options.clientAuthorities !== undefined,
    rejectUnauthorized: options.requireClientCertificate,
    ALPNProtocols: options.http2 ? ["h2", "http/1.1"] : ["http/1.1"],
    allowHalfOpen: true,
    noDelay: true,
    handshakeTimeout: handshakeTimeoutMs,
  });
  server.on("connection", (tcp: Socket) => sockets.add(tcp));
  server.on("tlsClientError", (_error, socket) => {
    sockets.of(socket)?.destroy();
    socket.destroy();
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    // Once the peer has gone its address is unknown and there is nothing to reset.
    const tcp = sockets.of(socket);
    const resetTcp = (): void => (tcp === undefined ? void socket.destroy() : reset(tcp));
    if (socket.alpnProtocol === "h2") connections.acceptHttp2(socket, undefined, resetTcp);
    else connections.accept(socket, resetTcp);
  });
  return { server, connections, sockets };
}

/** The TCP socket below a TLS socket, found by the peer's address: only it can be reset. */
class TcpSockets {
  readonly #sockets = new Map<string, Socket>();

  add(tcp: Socket): void {
    const key = keyOf(tcp);
    this.#sockets.set(key, tcp);
    tcp.once("close", () => this.#sockets.delete(key));
  }

  of(socket: TLSSocket): Socket | undefined {
    return this.#sockets.get(keyOf(socket));
  }

  /** Those too whose handshake never ended. */
  destroyAll(): void {
    for (const tcp of this.#sockets.values()) tcp.destroy();
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function contextsByName(source: Exclude<CertificateSource, { key: string }>) {
  const contexts = new Map<string, SecureContext>();
  return (serverName: string, callback: (error: Error | null, context?: SecureContext) => void): void => {
    const kept = contexts.get(serverName);
    if (kept !== undefined) {
      callback(null, kept);
      return;
    }
    source(serverName).then(
      ({ key, certificate }) => {
        const context = createSecureContext({ key, cert: certificate });
        // A client may ask for endless names.
        if (contexts.size >= maxContexts) contexts.clear();
        contexts.set(serverName, context);
        callback(null, context);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  };
}

function listenerOf(server: Server | TlsServer, connections: readonly Connections[], afterwards?: () => void): Listener {
  // Connections beyond what a process can have open are refused by the system; this is the same limit, said earlier.
  server.maxConnections = maxConnections;
  const address = server.address();
  let closed: Promise<void> | undefined;
  return {
    port: typeof address === "object" && address !== null ? address.port : undefined,
    close(graceMs) {
      closed ??= (async () => {
        const ended = new Promise<void>((resolve) => server.close(() => resolve()));
        await Promise.all(connections.map((one) => one.close(graceMs)));
        afterwards?.();
        await ended;
      })();
      return closed;
    },
  };
}

async function listen(server: Server, address: ListenAddress): Promise<void> {
  try {
    await bind(server, address);
  } catch (error) {
    // A socket file outlives a process that was killed; it may be taken over when nobody answers on it.
    if (!("socketPath" in address) || codeOf(error) !== "EADDRINUSE" || (await answers(address.socketPath))) throw refused(address, error);
    await rm(address.socketPath, { force: true });
    await bind(server, address).catch((again: unknown) => {
      throw refused(address, again);
    });
  }
}

function bind(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const done = (): void => {
      server.off("error", reject);
      // Errors of accepting (no file descriptor left) concern one connection.
      server.on("error", ignore);
      resolve();
    };
    if ("socketPath" in address) server.listen(address.socketPath, done);
    else server.listen({ port: address.port, host: address.address, backlog: acceptBacklog }, done);
  });
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function refused(address: ListenAddress, error: unknown): Problem {
  const place = "socketPath" in address ? address.socketPath : `${address.address ?? "*"}:${address.port}`;
  const code = codeOf(error);
  if (code === "EADDRINUSE") {
    return new Problem({
      code: "port-taken",
      message: `The mock cannot listen on ${place}: something else does.`,
      fix: "Stop it, or choose another port; port 0 takes a free one.",
      exit: "infrastructure",
      cause: error,
    });
  }
  return new Problem({
    code: "cannot-listen",
    message: `The mock cannot listen on ${place}: ${code ?? String(error)}.`,
    fix: code === "EACCES" ? "Choose a port above 1023, or a folder this user may write to." : "Choose an address of this machine.",
    exit: "infrastructure",
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function ignore(): void {}

const handshakeTimeoutMs = 10_000;
const maxConnections = 50_000;
const maxContexts = 1_000;
const acceptBacklog = 1_024;
