import type { Header } from "@dojang/model";
import type { RequestPart } from "./mock-request.ts";

/**
 * Multipart bodies (RFC 2046, 7578) as WireMock sees them: a part counts when its Content-Disposition is `form-data` with a name.
 * Bodies are what a client chose to send: nothing here throws, and the number of parts and the size of their headers are bounded.
 * A body that ends early gives the parts that were complete.
 */
export function parseMultipart(body: Buffer, contentType: string): readonly RequestPart[] {
  const boundary = parameterOf(contentType, "boundary");
  return boundary === undefined || boundary === "" || boundary.length > maxBoundaryLength ? [] : readParts(body, boundary, undefined);
}

export function isMultipart(contentType: string | undefined): contentType is string {
  return contentType !== undefined && /^\s*multipart\//i.test(contentType);
}

const maxBoundaryLength = 256;
const maxParts = 1000;
const maxHeaderBytes = 16 * 1024;

/** `outerName` is the name of the part that a nested multipart/mixed is in: its files have it. */
function readParts(body: Buffer, boundary: string, outerName: string | undefined): RequestPart[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  const parts: RequestPart[] = [];
  let at = firstDelimiterEnd(body, delimiter);
  for (let count = 0; at !== undefined && count < maxParts; count++) {
    if (body[at] === dash && body[at + 1] === dash) break;
    const start = skipLineEnd(body, at);
    const end = start === undefined ? -1 : body.indexOf(delimiter, start - 2);
    if (start === undefined || end === -1) break;
    parts.push(...readPart(body.subarray(start, Math.max(start, end)), outerName));
    at = end + delimiter.length;
  }
  return parts;
}

const dash = 0x2d;

/** Where the first delimiter line goes on after the boundary; it may begin the body, or follow a preamble. */
function firstDelimiterEnd(body: Buffer, delimiter: Buffer): number | undefined {
  const first = delimiter.subarray(2);
  if (body.subarray(0, first.length).equals(first)) return first.length;
  const at = body.indexOf(delimiter);
  return at === -1 ? undefined : at + delimiter.length;
}

/** After a boundary there may be white space, and then the line has to end. */
function skipLineEnd(body: Buffer, from: number): number | undefined {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09) at++;
  return body[at] === 0x0d && body[at + 1] === 0x0a ? at + 2 : undefined;
}

function readPart(content: Buffer, outerName: string | undefined): readonly RequestPart[] {
  const noHeaders = content[0] === 0x0d && content[1] === 0x0a;
  const headersEnd = noHeaders ? 0 : content.indexOf("\r\n\r\n");
  if (headersEnd === -1 || headersEnd > maxHeaderBytes) return [];
  const headers = readHeaders(content.toString("utf8", 0, headersEnd));
  const body = content.subarray(headersEnd + (noHeaders ? 2 : 4));
  const disposition = headerValue(headers, "content-disposition") ?? "";
  const fileName = /^\s*(form-data|attachment)/i.test(disposition) ? parameterOf(disposition, "filename") : undefined;
  if (outerName !== undefined) return fileName === undefined ? [] : [makePart(outerName, fileName, headers, body)];
  const name = /^\s*form-data/i.test(disposition) ? parameterOf(disposition, "name") : undefined;
  if (name === undefined) return [];
  const contentType = headerValue(headers, "content-type") ?? "";
  const nested = /^\s*multipart\/mixed/i.test(contentType) ? parameterOf(contentType, "boundary") : undefined;
  return nested ? readParts(body, nested, name) : [makePart(name, fileName, headers, body)];
}

function makePart(name: string, fileName: string | undefined, headers: readonly Header[], body: Buffer): RequestPart {
  return {
    name,
    fileName,
    headers,
    header: (wanted) => headers.filter((each) => each.name.toLowerCase() === wanted.toLowerCase()).map(({ value }) => value),
    body,
    get text() {
      return body.toString("utf8");
    },
  };
}

function readHeaders(text: string): readonly Header[] {
  return text
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n")
    .flatMap((line) => {
      const colon = line.indexOf(":");
      return colon <= 0 ? [] : [{ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }];
    });
}

function headerValue(headers: readonly Header[], name: string): string | undefined {
  return headers.find((each) => each.name.toLowerCase() === name)?.value;
}

/** The value of `name` in `type; name=value; other="quoted; value"`: the first one counts. */
function parameterOf(header: string, name: string): string | undefined {
  for (const match of header.matchAll(/[;,]\s*([^=;,\s"]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;,]*))/g)) {
    if (match[1]?.toLowerCase() === name) return match[2]?.replace(/\\(["\\])/g, "$1") ?? match[3]?.trim() ?? "";
  }
  return undefined;
}
