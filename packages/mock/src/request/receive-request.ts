import { randomUUID } from "node:crypto";
import type { Header } from "@dojang/model";
import { charsetOf, decodeText } from "./decode-text.ts";
import type { MockRequest, RequestPart } from "./mock-request.ts";
import { parseCookies } from "./parse-cookies.ts";
import { isMultipart, parseMultipart } from "./parse-multipart.ts";
import { parseForm, parseQuery } from "./parse-query.ts";
import { type RequestTarget, readTarget } from "./request-target.ts";

/** A request as it came off a socket: of node:http, node:http2, or a parser of our own. */
export interface ReceivedParts {
  readonly method: string;
  /** Of the request line: `/path?query`, or `http://host/path` as proxies are asked. Of HTTP/2: `:path`. */
  readonly target: string;
  /** Name, value, name, value, as `IncomingMessage.rawHeaders`. Pseudo headers are no headers; `:authority` stands for a missing Host. */
  readonly rawHeaders: readonly string[];
  /** `1.1`, `2.0`. */
  readonly httpVersion: string;
  /** Of the connection. */
  readonly scheme: "http" | "https";
  /** Where the connection arrived: what counts as host and port when the request names none. */
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly remoteAddress?: string;
  /** Read to its end and decoded by Content-Encoding. */
  readonly body: Buffer;
  /** Milliseconds since the Unix epoch; now when absent. */
  readonly receivedAt?: number;
  /** UUID; a random one when absent. */
  readonly id?: string;
  /** Whether it asks this server to fetch something for it (browser proxying). */
  readonly browserProxyRequest?: boolean;
  /** When they are known already: then `Cookie` headers are not looked at. */
  readonly cookies?: ReadonlyMap<string, readonly string[]>;
}

/** Nothing of the request is parsed until it is asked for. Never throws, whatever was sent. */
export function receiveRequest(parts: ReceivedParts): MockRequest {
  return new ReceivedRequest(parts);
}

const nothing: ReadonlyMap<string, readonly string[]> = new Map();

class ReceivedRequest implements MockRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly body: Buffer;
  readonly receivedAt: number;
  readonly browserProxyRequest: boolean;
  readonly #parts: ReceivedParts;
  readonly #target: RequestTarget;
  #id: string | undefined;
  #origin: { readonly scheme: "http" | "https"; readonly hostAsSent: string; readonly port: number } | undefined;
  #query: ReadonlyMap<string, readonly string[]> | undefined;
  #cookies: ReadonlyMap<string, readonly string[]> | undefined;
  #form: ReadonlyMap<string, readonly string[]> | undefined;
  #multiparts: readonly RequestPart[] | undefined;
  #text: string | undefined;

  constructor(parts: ReceivedParts) {
    this.#parts = parts;
    this.#target = readTarget(parts.target);
    this.method = parts.method.toUpperCase();
    this.url = this.#target.url;
    this.path = this.#target.path;
    this.body = parts.body;
    this.receivedAt = parts.receivedAt ?? Date.now();
    this.browserProxyRequest = parts.browserProxyRequest ?? false;
    this.#id = parts.id;
    this.#cookies = parts.cookies;
  }

  get id(): string {
    this.#id ??= randomUUID();
    return this.#id;
  }

  get scheme(): "http" | "https" {
    return this.#whereTo().scheme;
  }

  get host(): string {
    return this.#whereTo().hostAsSent.toLowerCase();
  }

  get port(): number {
    return this.#whereTo().port;
  }

  get absoluteUrl(): string {
    const { scheme, hostAsSent, port } = this.#whereTo();
    return `${scheme}://${hostAsSent}${port === defaultPort(scheme) ? "" : `:${port}`}${this.url}`;
  }

  get protocol(): string {
    return `HTTP/${this.#parts.httpVersion}`;
  }

  get clientIp(): string {
    return this.header("x-forwarded-for")[0] || asVersion4(this.#parts.remoteAddress ?? "");
  }

  get headers(): readonly Header[] {
    // Made anew each time: the journal keeps requests by the ten thousand, and what it keeps here already is in the raw headers.
    const headers: Header[] = [];
    const raw = this.#parts.rawHeaders;
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = raw[i] ?? "";
      if (!name.startsWith(":")) headers.push({ name, value: raw[i + 1] ?? "" });
    }
    return headers;
  }

  header(name: string): readonly string[] {
    const raw = this.#parts.rawHeaders;
    const wanted = name.toLowerCase();
    let values: string[] | undefined;
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const each = raw[i] ?? "";
      if (each.length !== wanted.length || each.toLowerCase() !== wanted) continue;
      values ??= [];
      values.push(raw[i + 1] ?? "");
    }
    return values ?? none;
  }

  get query(): ReadonlyMap<string, readonly string[]> {
    this.#query ??= this.url.length > this.path.length ? parseQuery(this.url.slice(this.path.length + 1)) : nothing;
    return this.#query;
  }

  get cookies(): ReadonlyMap<string, readonly string[]> {
    this.#cookies ??= parseCookies(this.header("cookie"));
    return this.#cookies;
  }

  get form(): ReadonlyMap<string, readonly string[]> {
    if (this.#form === undefined) {
      const type = this.header("content-type")[0];
      const isForm = type?.toLowerCase().includes("application/x-www-form-urlencoded") && this.body.length > 0;
      this.#form = isForm ? parseForm(this.text, charsetOf(type)) : nothing;
    }
    return this.#form;
  }

  get parts(): readonly RequestPart[] {
    if (this.#multiparts === undefined) {
      const type = this.header("content-type")[0];
      this.#multiparts = isMultipart(type) && this.body.length > 0 ? parseMultipart(this.body, type) : [];
    }
    return this.#multiparts;
  }

  get text(): string {
    this.#text ??= decodeText(this.body, this.header("content-type")[0]);
    return this.#text;
  }

  get requestId(): string | undefined {
    const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(this.header("traceparent")[0] ?? "")?.[1];
    if (traceId !== undefined && !/^0+$/.test(traceId)) return traceId;
    return this.header("x-request-id")[0]?.slice(0, maxRequestIdLength) || undefined;
  }

  /** An absolute target names it (RFC 9112, 3.2.2), else the Host header, else the socket. */
  #whereTo() {
    if (this.#origin === undefined) {
      const scheme = this.#target.scheme ?? this.#parts.scheme;
      const authority = this.#target.authority ?? (this.header("host")[0] || this.header(":authority")[0]) ?? "";
      const { host, port } = splitAuthority(authority);
      this.#origin =
        host === ""
          ? { scheme, hostAsSent: this.#parts.localAddress ?? "localhost", port: this.#parts.localPort ?? defaultPort(scheme) }
          : { scheme, hostAsSent: host, port: port ?? defaultPort(scheme) };
    }
    return this.#origin;
  }
}

const none: readonly string[] = [];
const maxRequestIdLength = 200;

export function defaultPort(scheme: "http" | "https"): number {
  return scheme === "https" ? 443 : 80;
}

/** `host:port`, `[::1]:80`; a port that is none belongs to the host. */
export function splitAuthority(authority: string): { readonly host: string; readonly port?: number } {
  const match = /^(.*):(\d{1,5})$/.exec(authority);
  const colonsOutsideBrackets = match?.[1]?.includes(":") && !match[1].endsWith("]");
  return match?.[1] === undefined || colonsOutsideBrackets ? { host: authority } : { host: match[1], port: Number(match[2]) };
}

/** A socket that listens on every address names callers of version 4 in the form of version 6. */
function asVersion4(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
