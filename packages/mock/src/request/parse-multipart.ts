import type { Header } from "@dojang/model";
import type { RequestPart } from "./mock-request.ts";

/**
 * Multipart bodies (RFC 2046, 7578) as WireMock sees them: a part counts when its Content-Disposition is `form-data` with a name;
 * of `multipart/related` (RFC 2387), whose parts have no names, all count and are called `part-0`, `part-1` and so on.
 * Bodies are what a client chose to send: nothing here throws, and the number of parts and the size of their headers are bounded.
 * A body that ends early gives the parts that were complete.
 */
export function parseMultipart(body: Buffer, contentType: string): readonly RequestPart[] {
  const boundary = parameterOf(contentType, "boundary");
  if (boundary === undefined || boundary === "" || boundary.length > maxBoundaryLength) return [];
  return readParts(body, boundary, /^\s*multipart\/related/i.test(contentType) ? relatedPart : namedPart);
}

/** What one part of a body becomes; `index` counts the parts before it. */
type ReadPart = (part: RawPart, index: number) => readonly RequestPart[];

interface RawPart {
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export function isMultipart(contentType: string | undefined): contentType is string {
  return contentType !== undefined && /^\s*multipart\//i.test(contentType);
}

const maxBoundaryLength = 256;
const maxParts = 1000;
const maxHeaderBytes = 16 * 1024;

function readParts(body: Buffer, boundary: string, read: ReadPart): RequestPart[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  const parts: RequestPart[] = [];
  let at = firstDelimiterEnd(body, delimiter);
  for (let count = 0; at !== undefined && count < maxParts; count++) {
    if (body[at] === dash && body[at + 1] === dash) break;
    const start = skipLineEnd(body, at);
    const end = start === undefined ? -1 : body.indexOf(delimiter, start - 2);
    if (start === undefined || end === -1) break;
    const part = splitPart(body.subarray(start, Math.max(start, end)));
    if (part !== undefined) parts.push(...read(part, count));
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

function splitPart(content: Buffer): RawPart | undefined {
  const noHeaders = content[0] === 0x0d && content[1] === 0x0a;
  const headersEnd = noHeaders ? 0 : content.indexOf("\r\n\r\n");
  if (headersEnd === -1 || headersEnd > maxHeaderBytes) return undefined;
  return { headers: readHeaders(content.toString("utf8", 0, headersEnd)), body: content.subarray(headersEnd + (noHeaders ? 2 : 4)) };
}

const relatedPart: ReadPart = (part, index) => [makePart(`part-${index}`, fileNameOf(part), part)];

const namedPart: ReadPart = (part) => {
  const disposition = headerValue(part.headers, "content-disposition") ?? "";
  const name = /^\s*form-data/i.test(disposition) ? parameterOf(disposition, "name") : undefined;
  if (name === undefined) return [];
  const contentType = headerValue(part.headers, "content-type") ?? "";
  const nested = /^\s*multipart\/mixed/i.test(contentType) ? parameterOf(contentType, "boundary") : undefined;
  return nested ? readParts(part.body, nested, fileOf(name)) : [makePart(name, fileNameOf(part), part)];
};

/** In a nested multipart/mixed the files have the name of the part that they are in. */
function fileOf(outerName: string): ReadPart {
  return (part) => {
    const fileName = fileNameOf(part);
    return fileName === undefined ? [] : [makePart(outerName, fileName, part)];
  };
}

function fileNameOf({ headers }: RawPart): string | undefined {
  const disposition = headerValue(headers, "content-disposition") ?? "";
  return /^\s*(form-data|attachment)/i.test(disposition) ? parameterOf(disposition, "filename") : undefined;
}

function makePart(name: string, fileName: string | undefined, { headers, body }: RawPart): RequestPart {
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
