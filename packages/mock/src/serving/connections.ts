import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { Serve } from "./exchange.ts";
import { HeadTexts } from "./http1/head-texts.ts";
import { Http1Connection } from "./http1/http1-connection.ts";

export interface ConnectionOptions {
  readonly serve: Serve;
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  readonly idleTimeoutMs: number;
  readonly connectionReuse: boolean;
  readonly http2: boolean;
  readonly takeOverTunnel?: (socket: Socket, authority: string, begin: Buffer) => void;
}

/** Every live connection of a listener. */
export class Connections {
  readonly #options: ConnectionOptions;
  readonly #scheme: "http" | "https";
  readonly #http1 = new Set<Http1Connection>();
  readonly #texts = new HeadTexts();
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<{ close(): void }>();
  readonly #sweeper: NodeJS.Timeout;
  #closing = false;

  constructor(options: ConnectionOptions, scheme: "http" | "https") {
    this.#options = options;
    this.#scheme = scheme;
    this.#sweeper = setInterval(() => this.#expire(), Math.min(1_000, options.idleTimeoutMs));
    this.#sweeper.unref();
  }

  get size(): number {
    return this.#sockets.size;
  }

  accept(socket: Socket, resetTcp: (socket: Socket) => void): void {
    const options = this.#options;
    this.#track(socket);
    const connection = new Http1Connection(socket, {
      scheme: this.#scheme,
      serve: options.serve,
      texts: this.#texts,
      maxHeaderBytes: options.maxHeaderBytes,
      maxBodyBytes: options.maxBodyBytes,
      idleTimeoutMs: options.idleTimeoutMs,
      connectionReuse: options.connectionReuse,
      reset: resetTcp,
      ...(options.takeOverTunnel === undefined ? {} : { takeOverTunnel: options.takeOverTunnel }),
      ...(options.http2 && this.#scheme === "http"
        ? {
            takeOverHttp2: (taken: Socket, begin: Buffer) => {
              this.#http1.delete(connection);
              this.acceptHttp2(taken, begin, resetTcp);
            },
          }
        : {}),
    });
    this.#http1.add(connection);
    socket.once("close", () => this.#http1.delete(connection));
  }

  acceptHttp2(socket: Socket, begin: Buffer | undefined, resetTcp: (socket: Socket) => void): void {
    if (begin === undefined) this.#track(socket);
    socket.on("error", ignore);
    import("./http2/http2-session.ts").then(
      ({ serveHttp2 }) => {
        if (socket.destroyed) return;
        if (begin !== undefined) socket.unshift(begin);
        const options = this.#options;
        const session = serveHttp2(socket, {
          scheme: this.#scheme,
          serve: options.serve,
          maxHeaderBytes: options.maxHeaderBytes,
          maxBodyBytes: options.maxBodyBytes,
          idleTimeoutMs: options.idleTimeoutMs,
          reset: resetTcp,
        });
        this.#sessions.add(session);
        socket.once("close", () => this.#sessions.delete(session));
        if (this.#closing) session.close();
      },
      () => socket.destroy(),
    );
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#http1) connection.close();
    for (const session of this.#sessions) session.close();
    if (this.#sockets.size > 0 && graceMs > 0) await this.#emptied(graceMs);
    for (const socket of this.#sockets) socket.destroy();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #emptied(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      const check = (): void => {
        if (this.#sockets.size > 0) return;
        clearTimeout(timer);
        resolve();
      };
      for (const socket of this.#sockets) socket.once("close", check);
    });
  }

  #expire(): void {
    const nowMs = performance.now();
    for (const connection of this.#http1) connection.expire(nowMs);
  }
}

/** A real RST where there is TCP; a unix socket can only be closed. */
export function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

function ignore(): void {}
