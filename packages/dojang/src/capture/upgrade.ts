import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ask, openRequest, type Route } from "./exchange.ts";
import { endToEnd, headerValue, pairs, type RawHeaders } from "./headers.ts";
import { now, type Recording } from "./recording.ts";
import { describeFailure, UpstreamAgent } from "./upstream.ts";
import { WebSocketTranscript } from "./websocket-transcript.ts";

/** `h2c` is only an offer that a proxy may leave out; everything else that asks for an upgrade wants exactly that. */
export function wantsUpgrade(request: IncomingMessage): boolean {
  const protocol = headerValue(request.rawHeaders, "upgrade");
  return protocol !== undefined && !/^h2c?$/i.test(protocol.trim());
}

/** Passes on a request for another protocol, WebSocket above all, and then the bytes of both sides. */
export function forwardUpgrade(route: Route, request: IncomingMessage, socket: Duplex, head: Buffer, capBytes: number): void {
  const protocol = headerValue(request.rawHeaders, "upgrade") ?? "";
  const isWebSocket = protocol.toLowerCase() === "websocket";
  const asked = ask(route, request, isWebSocket ? "ws" : "tunnel");
  if (asked === undefined) {
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    return;
  }
  asked.headers.push("Connection", "Upgrade", "Upgrade", protocol);
  const { recording } = asked;
  const upstream = openRequest(asked, request, new UpstreamAgent(route.open, "once"));
  const fail = (error: unknown) => {
    recording.end(describeFailure(error, asked.origin));
    upstream.destroy();
    socket.destroy();
  };
  socket.on("error", fail);
  socket.on("close", () => {
    recording.end(upstream.destroyed ? undefined : "the client went away");
    upstream.destroy();
  });
  upstream.on("error", fail);
  upstream.on("upgrade", (answer, server, serverHead) => {
    recording.answered(101, answer.rawHeaders);
    socket.write(statusHead(answer, answer.rawHeaders));
    converse({ client: socket, clientHead: head, server, serverHead, recording, capBytes: isWebSocket ? capBytes : undefined });
  });
  upstream.on("response", (answer) => refuse({ answer, request, socket, recording }));
  upstream.end();
}

interface Conversation {
  readonly client: Duplex;
  readonly clientHead: Buffer;
  readonly server: Duplex;
  readonly serverHead: Buffer;
  readonly recording: Recording;
  /** Undefined: the protocol is unknown, bytes are only counted. */
  readonly capBytes: number | undefined;
}

function converse({ client, clientHead, server, serverHead, recording, capBytes }: Conversation): void {
  const transcript = capBytes === undefined ? undefined : new WebSocketTranscript({ capBytes, now });
  if (transcript) recording.transcribe(() => transcript.read());
  const seeClient = (chunk: Buffer) => (transcript ? transcript.see("client", chunk) : recording.request.see(chunk));
  const seeServer = (chunk: Buffer) => (transcript ? transcript.see("server", chunk) : recording.response.see(chunk));
  if (clientHead.length > 0) client.unshift(clientHead);
  if (serverHead.length > 0) server.unshift(serverHead);
  client.on("data", seeClient);
  server.on("data", seeServer);
  client.pipe(server);
  server.pipe(client);
  const over = (error?: string) => {
    recording.end(error);
    client.destroy();
    server.destroy();
  };
  server.on("error", (error) => over(error.message));
  server.on("close", () => over());
}

/** The service said no: an ordinary answer on the connection that was already taken out of HTTP. */
function refuse(refusal: { answer: IncomingMessage; request: IncomingMessage; socket: Duplex; recording: Recording }): void {
  const { answer, request, socket, recording } = refusal;
  const headers = endToEnd(answer.rawHeaders, ["content-length", "transfer-encoding"]);
  recording.answered(answer.statusCode ?? 0, headers);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.sendDate = false;
  // ServerResponse wants a Socket for its type; it only writes to it and listens for drain and close.
  response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? "", [...headers, "Connection", "close"]);
  answer.on("data", (chunk: Buffer) => recording.response.see(chunk));
  answer.pipe(response);
  response.on("finish", () => {
    recording.end();
    response.detachSocket(socket as Parameters<ServerResponse["detachSocket"]>[0]);
    socket.end();
  });
}

function statusHead(answer: IncomingMessage, headers: RawHeaders): string {
  const lines = [...pairs(headers)].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join("")}\r\n`;
}
