import { isUtf8 } from "node:buffer";
import { type HeadTexts, ownText } from "./head-texts.ts";

/** The start line and headers of one request, checked. */
export interface RequestHead {
  readonly method: string;
  /** In ISO-8859-1, as all of the head. */
  readonly target: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1";
  /** Name, value, name, value. */
  readonly rawHeaders: readonly string[];
  readonly body: BodyFraming;
  /** What the client wants to happen to the connection after the answer. */
  readonly keepAlive: boolean;
  readonly expectsContinue: boolean;
}

export type BodyFraming = { readonly kind: "none" } | { readonly kind: "length"; readonly bytes: number } | { readonly kind: "chunked" };

/** Why a request is refused. The connection ends after it: where the next request would begin is not known. */
export class MalformedRequest extends Error {
  readonly status: number;
  constructor(status: number, reason: string) {
    super(reason);
    this.name = "MalformedRequest";
    this.status = status;
  }
}

/**
 * Parses a head, strictly where two programs could understand it differently (RFC 9112, section 11.2): one Host, one
 * Content-Length, never both framings, no folded lines, no space before a colon, no control characters. Lenient where WireMock is:
 * any method token, lines that end in a bare LF.
 *
 * The head is the first `length` bytes, without the last empty line.
 */
export function parseRequestHead(bytes: Buffer, length: number, texts: HeadTexts): RequestHead {
  const text = bytes.toString("latin1", 0, length);
  if (controlCharacters.test(text)) throw new MalformedRequest(400, "The head contains a control character.");
  const firstLineEnd = text.indexOf("\n");
  const requestLine = withoutCarriageReturn(firstLineEnd < 0 ? text : text.slice(0, firstLineEnd));
  const { method, target, protocol } = parseRequestLine(requestLine);

  const rawHeaders: string[] = [];
  const seen: Framing = { host: undefined, contentLength: undefined, transferEncoding: undefined, connection: "", expect: undefined };
  let position = firstLineEnd < 0 ? text.length : firstLineEnd + 1;
  while (position < text.length) {
    let end = text.indexOf("\n", position);
    if (end < 0) end = text.length;
    const lineEnd = text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
    const colon = text.indexOf(":", position);
    if (colon < 0 || colon >= lineEnd) throw new MalformedRequest(400, "A header line has no colon.");
    const name = texts.name(text.slice(position, colon), bytes, position);
    if (!token.test(name)) throw new MalformedRequest(400, `"${name}" is no name of a header.`);
    const start = skipBlanks(text, colon + 1, lineEnd);
    const value = texts.value(name, trimmedEnd(text, start, lineEnd), bytes, start);
    rawHeaders.push(name, value);
    note(seen, name, value);
    position = end + 1;
  }

  if (protocol === "HTTP/1.1" && seen.host === undefined) throw new MalformedRequest(400, "There is no Host header.");
  checkAuthority(target, seen.host);
  const connection = seen.connection;
  checkUtf8(target);
  return {
    method,
    target: ownText(target, bytes, method.length + 1),
    protocol,
    // Pushing leaves room for more; a journal would keep it.
    rawHeaders: rawHeaders.slice(),
    body: framingOf(seen),
    keepAlive: protocol === "HTTP/1.1" ? !closeToken.test(connection) : keepAliveToken.test(connection),
    expectsContinue: expectsContinue(seen.expect, protocol),
  };
}

interface Framing {
  host: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  connection: string;
  expect: string | undefined;
}

/** Keeps the few headers that frame the message. The switch on the length spares most headers a change of case. */
function note(seen: Framing, name: string, value: string): void {
  switch (name.length) {
    case 4:
      if (name === "Host" || name.toLowerCase() === "host") {
        if (seen.host !== undefined) throw new MalformedRequest(400, "There are two Host headers.");
        if (!hostValue.test(value)) throw new MalformedRequest(400, "The Host header is no host and port.");
        seen.host = value;
      }
      return;
    case 6:
      if (name.toLowerCase() === "expect") seen.expect = value;
      return;
    case 10:
      if (name.toLowerCase() === "connection") seen.connection = seen.connection === "" ? value : `${seen.connection},${value}`;
      return;
    case 14:
      if (name.toLowerCase() === "content-length") {
        if (seen.contentLength !== undefined) throw new MalformedRequest(400, "There are two Content-Length headers.");
        seen.contentLength = value;
      }
      return;
    case 17:
      if (name.toLowerCase() === "transfer-encoding") {
        seen.transferEncoding = seen.transferEncoding === undefined ? value : `${seen.transferEncoding},${value}`;
      }
      return;
    default:
  }
}

function parseRequestLine(line: string): { method: string; target: string; protocol: "HTTP/1.0" | "HTTP/1.1" } {
  const afterMethod = line.indexOf(" ");
  const beforeVersion = line.lastIndexOf(" ");
  if (afterMethod <= 0 || beforeVersion <= afterMethod) {
    throw new MalformedRequest(400, "The first line is not a method, a target and a version.");
  }
  const method = line.slice(0, afterMethod);
  if (!token.test(method)) throw new MalformedRequest(400, "The method is no token.");
  const protocol = line.slice(beforeVersion + 1);
  if (protocol !== "HTTP/1.1" && protocol !== "HTTP/1.0") {
    throw new MalformedRequest(/^HTTP\/\d\.\d$/.test(protocol) ? 505 : 400, "The version is neither HTTP/1.1 nor HTTP/1.0.");
  }
  const given = line.slice(afterMethod + 1, beforeVersion);
  const fragment = given.indexOf("#");
  const target = fragment < 0 ? given : given.slice(0, fragment);
  if (!isTarget(method, target)) throw new MalformedRequest(400, "The target is no path, no URL and no authority.");
  return { method, target, protocol };
}

function isTarget(method: string, target: string): boolean {
  if (method === "CONNECT") return authority.test(target);
  if (target.includes(" ") || badEscapeInPath.test(target)) return false;
  return target.charCodeAt(0) === slash || (target === "*" && method === "OPTIONS") || absoluteForm.test(target);
}

/** RFC 9112, section 3.2.2: a proxy's request names the host twice. Two different hosts are a way to slip past someone. */
function checkAuthority(target: string, host: string | undefined): void {
  if (target.charCodeAt(0) === slash || host === undefined || host === "") return;
  const named = absoluteForm.exec(target)?.[1];
  if (named !== undefined && named.toLowerCase() !== host.toLowerCase()) {
    throw new MalformedRequest(400, "The target and the Host header name different hosts.");
  }
}

function framingOf(seen: Framing): BodyFraming {
  if (seen.transferEncoding !== undefined) {
    if (seen.contentLength !== undefined) throw new MalformedRequest(400, "There are a Transfer-Encoding and a Content-Length.");
    const codings = seen.transferEncoding
      .toLowerCase()
      .split(",")
      .map((coding) => coding.trim());
    if (codings.at(-1) !== "chunked") throw new MalformedRequest(400, "The last transfer coding is not chunked.");
    if (codings.indexOf("chunked") !== codings.length - 1) throw new MalformedRequest(400, "Chunked is named twice.");
    return { kind: "chunked" };
  }
  if (seen.contentLength === undefined) return { kind: "none" };
  if (!digits.test(seen.contentLength)) throw new MalformedRequest(400, "The Content-Length is no number.");
  const bytes = Number(seen.contentLength);
  return bytes === 0 ? { kind: "none" } : { kind: "length", bytes };
}

function expectsContinue(expect: string | undefined, protocol: string): boolean {
  if (expect === undefined || protocol === "HTTP/1.0") return false;
  if (expect.toLowerCase() !== "100-continue") throw new MalformedRequest(417, "The only expectation that is met is 100-continue.");
  return true;
}

/** Bytes above ASCII in a target are meant as UTF-8, and have to be it. */
function checkUtf8(target: string): void {
  if (nonAscii.test(target) && !isUtf8(Buffer.from(target, "latin1"))) throw new MalformedRequest(400, "The target is not UTF-8.");
}

function skipBlanks(text: string, from: number, to: number): number {
  let start = from;
  while (start < to && isBlank(text.charCodeAt(start))) start++;
  return start;
}

function trimmedEnd(text: string, from: number, to: number): string {
  let end = to;
  while (end > from && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(from, end);
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

const carriageReturn = 0x0d;
const slash = 0x2f;
const nonAscii = /[\x80-\xff]/;
/** Everything below space except tab and line ends; DEL; a CR that ends no line. */
const controlCharacters = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const digits = /^\d{1,15}$/;
/** A host name, an IPv4 or bracketed IPv6 address, and a port; may be empty. */
const hostValue = /^(?:(?:[^\s/?#@[\]:,\\]+|\[[0-9A-Fa-f:.%]+\])(?::\d{0,5})?)?$/;
const authority = /^(?:[^\s/?#@[\]:,\\]+|\[[0-9A-Fa-f:.%]+\])(?::\d{1,5})?$/;
const absoluteForm = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]+)/;
/** An escape in the path that is none, or that escapes the zero byte. */
const badEscapeInPath = /^[^?]*%(?:[^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$|.?\?|00)/;
const closeToken = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i;
const keepAliveToken = /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/i;
