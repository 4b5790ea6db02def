import { type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Serve } from "../exchange.ts";
import { Http2Exchange, type Http2Request } from "./http2-exchange.ts";

export interface Http2Options {
  readonly scheme: "http" | "https";
  readonly serve: Serve;
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  readonly idleTimeoutMs: number;
  readonly reset: (socket: Socket) => void;
}

/** Speaks HTTP/2 on a socket from its first byte on. The session lives and dies with the socket. */
export function serveHttp2(socket: Socket, options: Http2Options): ServerHttp2Session {
  const session = performServerHandshake(socket, {
    maxHeaderListPairs: 1_000,
    settings: { maxConcurrentStreams: 128, maxHeaderListSize: options.maxHeaderBytes, enableConnectProtocol: false },
  });
  session.on("error", () => socket.destroy());
  session.setTimeout(options.idleTimeoutMs, () => session.close());
  const remoteAddress = socket.remoteAddress ?? "";
  const localPort = socket.localPort ?? 0;
  const breakConnection = (reset: boolean): void => {
    if (reset) options.reset(socket);
    else session.destroy();
  };
  session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: readonly string[]) => {
    // A stream that is reset reports it as an error; it concerns this stream alone.
    stream.on("error", () => {});
    collectBody(stream, options.maxBodyBytes, (body) => {
      const request: Http2Request = {
        method: headers[":method"] ?? "GET",
        target: withoutFragment(headers[":path"] ?? "/"),
        authority: headers[":authority"] ?? headers.host,
        rawHeaders: withoutPseudoHeaders(rawHeaders),
        body,
        scheme: options.scheme,
        remoteAddress,
        localPort,
      };
      const exchange = new Http2Exchange(stream, request, breakConnection);
      try {
        const served = options.serve(exchange);
        if (served !== undefined) served.catch((error: unknown) => exchange.crash(error));
      } catch (error) {
        exchange.crash(error);
      }
    });
  });
  return session;
}

function collectBody(stream: ServerHttp2Stream, maxBytes: number, done: (body: Buffer) => void): void {
  if (stream.endAfterHeaders) {
    stream.resume();
    done(Buffer.alloc(0));
    return;
  }
  const parts: Buffer[] = [];
  let received = 0;
  const onData = (part: Buffer): void => {
    received += part.length;
    if (received <= maxBytes) {
      parts.push(part);
      return;
    }
    parts.length = 0;
    stream.off("data", onData);
    stream.off("end", onEnd);
    stream.respond({ ":status": 413, "content-type": "text/plain;charset=UTF-8" });
    stream.end(`The body is larger than ${maxBytes} bytes.\n`);
    stream.resume();
  };
  const onEnd = (): void => {
    if (!stream.aborted) done(Buffer.concat(parts, received));
  };
  stream.on("data", onData);
  stream.on("end", onEnd);
}

/** Without pseudo headers; crumbs of a cookie joined again (RFC 9113, section 8.2.3). */
function withoutPseudoHeaders(raw: readonly string[]): readonly string[] {
  const headers: string[] = [];
  let cookie: string | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    if (name.startsWith(":")) continue;
    if (name === "cookie") cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    else headers.push(name, value);
  }
  if (cookie !== undefined) headers.push("cookie", cookie);
  return headers;
}

function withoutFragment(target: string): string {
  const fragment = target.indexOf("#");
  return fragment < 0 ? target : target.slice(0, fragment);
}
