import type { Answer, AnswerHead } from "../exchange.ts";
import { reasonPhrase } from "../reason-phrases.ts";

/** What of the request and the connection decides how an answer is framed. */
export interface FramingContext {
  readonly method: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1";
  /** Client and server both want the connection to live on. */
  readonly keepAlive: boolean;
}

export interface FramedHead {
  /** ISO-8859-1, with the empty line. */
  readonly text: string;
  readonly body: "none" | "chunked" | "plain";
  /** The connection ends after this answer. */
  readonly closes: boolean;
}

/**
 * The head of an answer as WireMock's server writes it: headers as the stub has them, in its order and case, no Date and no
 * Server; what frames the body comes last. Without a length the body is chunked, and where that is not possible it ends with the
 * connection. `bodyBytes` is undefined where the length is not known beforehand.
 */
export function frameHead(answer: AnswerHead, bodyBytes: number | undefined, addLength: boolean, context: FramingContext): FramedHead {
  // An interim status ends no exchange (RFC 9110, section 15.2). A stub that gives one gets what WireMock makes of it: a bare line.
  if (answer.status < 200)
    return { text: `HTTP/1.1 ${answer.status} ${reasonPhrase(answer.status)}\r\n\r\n`, body: "none", closes: !context.keepAlive };
  const given = givenFraming(answer);
  const wantsClose = !context.keepAlive || given.closes;
  let text = `HTTP/1.1 ${answer.status} ${answer.statusMessage === undefined ? reasonPhrase(answer.status) : sanitized(answer.statusMessage)}\r\n`;
  if (!given.connection) {
    if (!context.keepAlive && context.protocol === "HTTP/1.1") text += "Connection: close\r\n";
    else if (context.keepAlive && context.protocol === "HTTP/1.0") text += "Connection: keep-alive\r\n";
  }
  text += given.lines;

  const length = given.length ?? (addLength ? bodyBytes : undefined);
  if (answer.status === 204 || answer.status === 304) {
    if (answer.status === 304 && length !== undefined) text += `Content-Length: ${length}\r\n`;
    return { text: `${text}\r\n`, body: "none", closes: wantsClose };
  }
  const isHead = context.method === "HEAD";
  const canChunk = context.protocol === "HTTP/1.1";
  if (given.chunked && canChunk) {
    return { text: `${text}Transfer-Encoding: chunked\r\n\r\n`, body: isHead ? "none" : "chunked", closes: wantsClose };
  }
  if (length !== undefined) {
    // A stub may promise a wrong length. The client then reads something else as the next answer, so there must be none.
    const wrong = !isHead && bodyBytes !== undefined && length !== bodyBytes;
    return { text: `${text}Content-Length: ${length}\r\n\r\n`, body: isHead ? "none" : "plain", closes: wantsClose || wrong };
  }
  if (canChunk && !wantsClose) {
    return { text: `${text}Transfer-Encoding: chunked\r\n\r\n`, body: isHead ? "none" : "chunked", closes: false };
  }
  return { text: `${text}\r\n`, body: isHead ? "none" : "plain", closes: true };
}

/** A whole answer as one buffer. */
export function encodeAnswer(answer: Answer, context: FramingContext): { bytes: Buffer; closes: boolean } {
  const head = frameHead(answer, answer.body.length, answer.addLength, context);
  if (head.body === "none") return { bytes: Buffer.from(head.text, "latin1"), closes: head.closes };
  if (head.body === "plain") return { bytes: joined(head.text, answer.body, ""), closes: head.closes };
  if (answer.body.length <= maxChunkBytes) {
    if (answer.body.length === 0) return { bytes: Buffer.from(`${head.text}0\r\n\r\n`, "latin1"), closes: head.closes };
    const size = answer.body.length.toString(16).toUpperCase();
    return { bytes: joined(`${head.text}${size}\r\n`, answer.body, "\r\n0\r\n\r\n"), closes: head.closes };
  }
  const parts: Buffer[] = [Buffer.from(head.text, "latin1")];
  for (let start = 0; start < answer.body.length; start += maxChunkBytes) {
    parts.push(encodeChunk(answer.body.subarray(start, start + maxChunkBytes)));
  }
  parts.push(lastChunk);
  return { bytes: Buffer.concat(parts), closes: head.closes };
}

export function encodeChunk(body: Buffer): Buffer {
  return joined(`${body.length.toString(16).toUpperCase()}\r\n`, body, "\r\n");
}

export const lastChunk = Buffer.from("0\r\n\r\n", "latin1");

/** The rules of WireMock's server: what could end a line, or is no byte, becomes a space. */
export function sanitized(value: string): string {
  return unsafeInValue.test(value) ? value.replace(everyUnsafeInValue, " ") : value;
}

interface GivenFraming {
  readonly lines: string;
  readonly length: number | undefined;
  readonly chunked: boolean;
  readonly connection: boolean;
  readonly closes: boolean;
}

function givenFraming(answer: AnswerHead): GivenFraming {
  let lines = "";
  let length: number | undefined;
  let chunked = false;
  let connection = false;
  let closes = false;
  for (const { name, value } of answer.headers) {
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      if (/^\d{1,15}$/.test(value)) length = Number(value);
      continue;
    }
    if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      chunked = chunked || /chunked\s*$/i.test(value);
      continue;
    }
    if (name.length === 10 && name.toLowerCase() === "connection") {
      connection = true;
      closes = closes || /(?:^|,)\s*close\s*(?:,|$)/i.test(value);
    }
    lines += `${unsafeInName.test(name) ? name.replace(everyUnsafeInName, "?") : name}: ${sanitized(value)}\r\n`;
  }
  return { lines, length, chunked, connection, closes };
}

function joined(before: string, body: Buffer, after: string): Buffer {
  const bytes = Buffer.allocUnsafe(before.length + body.length + after.length);
  bytes.write(before, 0, "latin1");
  body.copy(bytes, before.length);
  bytes.write(after, before.length + body.length, "latin1");
  return bytes;
}

const maxChunkBytes = 32_768;
const unsafeInValue = /[\r\n\0]|[^\x00-\xff]/;
const everyUnsafeInValue = /[\r\n\0]|[^\x00-\xff]/gu;
const unsafeInName = /[\r\n:\0]|[^\x00-\xff]/;
const everyUnsafeInName = /[\r\n:\0]|[^\x00-\xff]/gu;
