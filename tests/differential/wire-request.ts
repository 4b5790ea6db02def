import { connect } from "node:net";
import { readAnswer, type WireAnswer } from "./wire-answer.ts";

/** A request as its bytes are written: nothing is added but the length of the body and `Connection: close`. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  /** Name and value, in order. `Host` is added when absent. */
  readonly headers?: readonly (readonly [string, string])[];
  /** A Buffer, or text sent as UTF-8. */
  readonly body?: string | Buffer;
}

/** The name that both servers are called by, so that nothing differs by a port. */
export const sharedHost = "mock.test:8080";

export function requestBytes(request: WireRequest): Buffer {
  const headers = request.headers ?? [];
  const has = (name: string) => headers.some(([given]) => given.toLowerCase() === name);
  const body = request.body === undefined ? Buffer.alloc(0) : Buffer.from(request.body);
  const lines = [
    `${request.method} ${request.url} HTTP/1.1`,
    ...(has("host") ? [] : [`Host: ${sharedHost}`]),
    ...(has("connection") ? [] : ["Connection: close"]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(request.body === undefined || has("content-length") || has("transfer-encoding") ? [] : [`Content-Length: ${body.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "utf8"), body]);
}

/** One request on a connection of its own. Never rejects for what the server does: that is in `ending`. */
export function ask(port: number, request: WireRequest, timeoutMs = 10_000): Promise<WireAnswer> {
  return sendBytes(port, requestBytes(request), { method: request.method, timeoutMs });
}

export function sendBytes(
  port: number,
  bytes: Buffer,
  { method, timeoutMs }: { readonly method: string; readonly timeoutMs: number },
): Promise<WireAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const pieces: Buffer[] = [];
    const settle = (over: "ended" | "reset" | "timeout" | undefined) => {
      const answer = readAnswer({ raw: pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces), over }, method);
      if (!answer) return;
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle("timeout"), timeoutMs);
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", (piece) => {
      pieces.push(piece);
      settle(undefined);
    });
    socket.on("end", () => settle("ended"));
    socket.on("error", () => settle("reset"));
  });
}
