import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Attribution } from "./attribution.ts";
import { endToEnd, grouped, headerValue, type RawHeaders, testHeader } from "./headers.ts";
import { type OpenRecordings, Recording, type RecordingOptions } from "./recording.ts";
import { decideTrace } from "./trace-context.ts";
import { describeFailure, type Origin, type OriginArgs, UpstreamAgent } from "./upstream.ts";

/** Where the requests of one client connection go, and as whom. */
export interface Route {
  readonly lane: number;
  /** Set inside a CONNECT tunnel, where requests come in origin form. */
  readonly origin: Origin | undefined;
  /** What the proxy's credentials said about who asks. */
  readonly token: string | undefined;
  /** Set inside a tunnel: called when an exchange begins, and what it returns when it is over. */
  readonly exchange?: () => () => void;
  readonly open: (origin: Origin) => Promise<Duplex>;
  readonly agent: UpstreamAgent;
  readonly attribution: Attribution;
  readonly recording: RecordingOptions;
  readonly recordings: OpenRecordings;
}

export interface Asked {
  readonly origin: Origin;
  readonly path: string;
  readonly url: string;
  /** End-to-end headers with the trace, as the service will see them. */
  readonly headers: string[];
  readonly recording: Recording;
}

/** Reads where a request wants to go and opens its recording; undefined when the target is no URL. */
export function ask(route: Route, request: IncomingMessage, kind: "http" | "ws" | "tunnel"): Asked | undefined {
  const target = targetOf(route, request.url ?? "");
  if (target === undefined) return undefined;
  const trace = decideTrace(headerValue(request.rawHeaders, "traceparent"), headerValue(request.rawHeaders, "x-request-id"));
  const headers = [...endToEnd(request.rawHeaders, trace.drop), ...trace.add.flat()];
  const token = headerValue(request.rawHeaders, testHeader) ?? proxyUser(request.rawHeaders) ?? route.token;
  const recording = new Recording(
    {
      kind,
      lane: route.lane,
      testAttempt: route.attribution.attemptOf(route.lane, token),
      requestId: trace.requestId,
      method: request.method ?? "GET",
      url: target.url,
      requestHeaders: headers,
    },
    route.recording,
    route.recordings,
  );
  return { ...target, headers, recording };
}

/**
 * Passes one request on and its answer back, recording both. When the service cannot be reached, the client's connection
 * is closed without an answer: that is what it would have met without a proxy, and an invented 502 would look like the service's own.
 */
export function forward(route: Route, request: IncomingMessage, response: ServerResponse): void {
  const asked = ask(route, request, "http");
  if (asked === undefined) {
    response.writeHead(400, { "Content-Type": "text/plain" }).end(`Dojang's recorder cannot read the target ${request.url}\n`);
    return;
  }
  const { recording, origin } = asked;
  let upstream: ClientRequest | undefined;
  const fail = (error: unknown) => {
    recording.end(describeFailure(error, origin));
    upstream?.destroy();
    request.socket.destroy();
  };
  const over = route.exchange?.();
  response.on("close", () => {
    over?.();
    if (response.writableFinished) return;
    recording.end("the client went away before the answer ended");
    upstream?.destroy();
  });
  const bodyless =
    headerValue(request.rawHeaders, "content-length") === undefined && headerValue(request.rawHeaders, "transfer-encoding") === undefined;
  const start = (agent: UpstreamAgent, mayRetry: boolean) => {
    upstream = openRequest(asked, request, agent);
    let answered = false;
    upstream.on("continue", () => response.writeContinue());
    upstream.on("information", (info) => {
      if (info.statusCode === 103 && info.headers.link) response.writeEarlyHints({ link: info.headers.link });
      if (info.statusCode === 102) response.writeProcessing();
    });
    upstream.on("response", (answer) => {
      answered = true;
      relayAnswer({ answer, request, response, recording, fail, isTunnel: route.origin !== undefined });
    });
    upstream.on("error", (error) => {
      if (answered) return; // The answer's own end or error decides; a service may answer early and stop reading.
      if (mayRetry && upstream?.reusedSocket === true && !response.destroyed) {
        start(new UpstreamAgent(route.open, "once"), false);
        return;
      }
      fail(error);
    });
    if (bodyless) upstream.end();
    else pipeRequest(request, upstream, recording);
  };
  // A kept connection may be closing just now. A request without a body is then asked again, as browsers do; one with a body
  // never meets that, except in a tunnel, where the client chose to send it over this connection.
  const isShared = route.origin === undefined;
  start(bodyless || !isShared ? route.agent : new UpstreamAgent(route.open, "once"), bodyless);
}

export function openRequest(asked: Asked, request: IncomingMessage, agent: UpstreamAgent): ClientRequest {
  const options: OriginArgs = { agent, origin: asked.origin, method: request.method ?? "GET", path: asked.path, setHost: false };
  const upstream = httpRequest(options);
  // Framing is the client's: a POST without a body must not become an empty chunked one.
  upstream.useChunkedEncodingByDefault = false;
  for (const { name, values } of grouped(asked.headers).values()) {
    upstream.setHeader(name, values.length === 1 ? (values[0] ?? "") : values);
  }
  return upstream;
}

function pipeRequest(request: IncomingMessage, upstream: ClientRequest, recording: Recording): void {
  upstream.flushHeaders();
  request.on("data", (chunk: Buffer) => recording.request.see(chunk));
  request.pipe(upstream, { end: false });
  request.on("end", () => {
    if (request.rawTrailers.length > 0) upstream.addTrailers(trailerPairs(request.rawTrailers));
    upstream.end();
  });
  upstream.on("close", () => {
    // The rest of a body nobody wants any more is read and dropped, so that the client's connection can go on.
    request.unpipe(upstream);
    request.resume();
  });
}

interface Answer {
  readonly answer: IncomingMessage;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly recording: Recording;
  readonly fail: (error: unknown) => void;
  readonly isTunnel: boolean;
}

function relayAnswer({ answer, request, response, recording, fail, isTunnel }: Answer): void {
  // A client of HTTP/1.0 does not know chunks: its answer ends with the connection.
  const headers = endToEnd(answer.rawHeaders, request.httpVersion === "1.0" ? ["transfer-encoding"] : []);
  recording.answered(answer.statusCode ?? 0, headers);
  try {
    response.sendDate = false;
    if (isTunnel && /\bclose\b/i.test(answer.headers.connection ?? "")) response.shouldKeepAlive = false;
    const hint = isTunnel ? headerValue(answer.rawHeaders, "keep-alive") : undefined;
    response.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage ?? "",
      hint === undefined ? headers : [...headers, "Keep-Alive", hint],
    );
  } catch (error) {
    fail(error);
    return;
  }
  // At once: the head of an event stream or a slow answer is news of its own.
  response.flushHeaders();
  answer.on("data", (chunk: Buffer) => recording.response.see(chunk));
  answer.pipe(response, { end: false });
  answer.on("end", () => {
    if (answer.rawTrailers.length > 0) response.addTrailers(trailerPairs(answer.rawTrailers));
    response.end();
    recording.end();
    if (!request.complete) request.resume();
  });
  answer.on("error", fail);
}

function trailerPairs(raw: RawHeaders): [string, string][] {
  const list: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) list.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return list;
}

function targetOf(route: Route, target: string): { origin: Origin; path: string; url: string } | undefined {
  if (route.origin !== undefined && !/^https?:\/\//i.test(target)) {
    const { scheme, host, port } = route.origin;
    const defaultPort = scheme === "https" ? 443 : 80;
    const authority = `${host.includes(":") ? `[${host}]` : host}${port === defaultPort ? "" : `:${port}`}`;
    return { origin: route.origin, path: target, url: `${scheme}://${authority}${target === "*" ? "" : target}` };
  }
  const match = /^(https?):\/\/(?:[^/?#@]*@)?(\[[^\]]+\]|[^/?#:]+)(?::(\d+))?([^#]*)/i.exec(target);
  if (match === null) return undefined;
  const scheme = match[1]?.toLowerCase() === "https" ? "https" : "http";
  const host = (match[2] ?? "").replace(/^\[|\]$/g, "");
  const path = match[4] ?? "";
  const origin: Origin = { scheme, host, port: Number(match[3] ?? (scheme === "https" ? 443 : 80)) };
  // The path is kept as written: parsing it as a URL would rewrite `..`, spaces and escapes a test may be about.
  return { origin, path: path.startsWith("/") ? path : `/${path}`, url: target };
}

export function proxyUser(raw: RawHeaders): string | undefined {
  const credentials = /^Basic\s+(\S+)$/i.exec(headerValue(raw, "proxy-authorization") ?? "")?.[1];
  return credentials && Buffer.from(credentials, "base64").toString("utf8").split(":")[0];
}
