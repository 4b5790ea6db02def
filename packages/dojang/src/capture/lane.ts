import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Attribution } from "./attribution.ts";
import type { Authority } from "./authority.ts";
import { answerControl } from "./control-endpoint.ts";
import { forward, type Route } from "./exchange.ts";
import type { RecorderLimits } from "./recorder-limits.ts";
import type { OpenRecordings, RecordingOptions } from "./recording.ts";
import { openTunnel } from "./tunnel.ts";
import { forwardUpgrade, wantsUpgrade } from "./upgrade.ts";
import type { Origin, UpstreamAgent, UpstreamOptions } from "./upstream.ts";

export type ListenAt = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** A listening socket of the recorder. */
export interface Lane {
  readonly index: number;
  /** Where it listens on this host; port 0 has become the real one. */
  readonly at: ListenAt;
  close(): Promise<void>;
}

export interface LaneOptions {
  readonly index: number;
  readonly at: ListenAt;
  readonly upstream: UpstreamOptions;
  readonly authority: Authority | undefined;
  readonly refused: Set<string>;
  readonly limits: RecorderLimits;
  readonly attribution: Attribution;
  readonly recording: RecordingOptions;
  readonly recordings: OpenRecordings;
  readonly open: (origin: Origin) => Promise<Duplex>;
  readonly agent: UpstreamAgent;
  readonly onProblem: (message: string) => void;
}

export async function openLane(options: LaneOptions): Promise<Lane> {
  const { index, limits, attribution, recording, recordings, open, agent } = options;
  const base: Route = { lane: index, origin: undefined, token: undefined, open, agent, attribution, recording, recordings };
  /** Connections inside tunnels know their origin; those that come straight in are not listed. */
  const routes = new WeakMap<Duplex, Route>();
  const routeOf = (request: IncomingMessage) => routes.get(request.socket) ?? base;
  const sockets = new Set<Duplex>();
  const announced = new WeakMap<Duplex, Set<string>>();
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    // The services' own time-outs are what a test should meet.
    requestTimeout: 0,
    headersTimeout: 120_000,
    // Clients decide how long they keep a connection; their number is bounded.
    keepAliveTimeout: 0,
    keepAlive: true,
    noDelay: true,
    insecureHTTPParser: false,
    joinDuplicateHeaders: true,
    requireHostHeader: false,
    shouldUpgradeCallback: wantsUpgrade,
  });
  server.timeout = 0;
  server.maxConnections = limits.connectionsPerLane;
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const route = routeOf(request);
    if (route.origin !== undefined || /^https?:\/\//i.test(request.url ?? "")) {
      forward(route, request, response);
      return;
    }
    const onBegin = (id: string) => rememberAnnounced({ socket: request.socket, id, announced, attribution, lane: index });
    answerControl({ request, response, lane: index, attribution, onBegin }).catch(() => response.destroy());
  };
  server.on("request", onRequest);
  server.on("checkContinue", onRequest);
  server.on("checkExpectation", onRequest);
  server.on("upgrade", (request, socket, head) => forwardUpgrade(routeOf(request), request, socket, head, limits.bodyCapBytes));
  const enter = (socket: Duplex, route: Route) => {
    routes.set(socket, route);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    server.emit("connection", socket);
  };
  const tunnels = {
    upstream: options.upstream,
    authority: options.authority,
    refused: options.refused,
    sniffMs: limits.sniffMs,
    server,
    enter,
  };
  server.on("connect", (request, socket, head) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    openTunnel(tunnels, base, request, socket, head).catch((error: unknown) => {
      options.onProblem(`CONNECT ${request.url} failed inside the recorder: ${error}`);
      socket.destroy();
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerUnreadable(error, socket, options.onProblem));
  server.on("drop", () => options.onProblem(`lane ${index} turned a connection away: ${limits.connectionsPerLane} are open`));
  const at = await listen(server, options.at);
  return {
    index,
    at,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        server.closeAllConnections();
      }),
  };
}

function rememberAnnounced(begun: {
  readonly socket: Duplex;
  readonly id: string;
  readonly announced: WeakMap<Duplex, Set<string>>;
  readonly attribution: Attribution;
  readonly lane: number;
}): void {
  const { socket, id, announced, attribution, lane } = begun;
  const known = announced.get(socket);
  if (known) {
    known.add(id);
    return;
  }
  const ids = new Set([id]);
  announced.set(socket, ids);
  socket.once("close", () => attribution.abandon(lane, ids));
}

function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex, onProblem: (message: string) => void): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
  onProblem(`a request could not be read (${error.code ?? error.message}) and was answered ${status}`);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listen(server: ReturnType<typeof createServer>, at: ListenAt): Promise<ListenAt> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const ready = () => {
      server.off("error", reject);
      const address = server.address();
      resolve("socketPath" in at ? at : { host: at.host, port: (address as AddressInfo).port });
    };
    if ("socketPath" in at) server.listen(at.socketPath, ready);
    else server.listen(at.port, at.host, ready);
  });
}
