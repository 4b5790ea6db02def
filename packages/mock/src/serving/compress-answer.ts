import { gzipSync } from "node:zlib";
import type { Header } from "@dojang/model";
import type { Answer, Exchange } from "./exchange.ts";

/**
 * The rules by which WireMock's server compresses: for GET, POST, PUT, PATCH and DELETE, when the client names gzip, with a 2xx
 * that has a body, unless it has a coding already, is of a type that is compressed in itself, or is known to be shorter than 32
 * bytes. There is no `Vary`.
 */
export function mayCompress(exchange: Exchange, path: string): boolean {
  const raw = exchange.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (name.length !== 15 || name.toLowerCase() !== "accept-encoding" || !accepts(raw[index + 1] ?? "")) continue;
    return methods.has(exchange.method) && !compressedNames.test(path);
  }
  return false;
}

export function compressed(answer: Answer): Answer {
  if (!isCompressible(answer)) return answer;
  const headers: Header[] = [];
  for (const header of answer.headers) {
    const name = header.name.toLowerCase();
    if (name === "content-length") continue;
    // An answer has one tag; of several WireMock marks and sends the first.
    if (name === "etag" && headers.some((sent) => sent.name.toLowerCase() === name)) continue;
    headers.push(name === "etag" ? { name: header.name, value: taggedAsGzip(header.value) } : header);
  }
  headers.push({ name: "Content-Encoding", value: "gzip" });
  const hadLength = answer.headers.some(({ name }) => name.toLowerCase() === "content-length");
  const body = gzipSync(answer.body);
  // The byte that names the operating system: Java writes none, and answers are compared byte by byte.
  body[9] = 0;
  return { ...answer, headers, body, addLength: answer.addLength || hadLength, ...(answer.cache === undefined ? {} : { cache: {} }) };
}

function isCompressible(answer: Answer): boolean {
  if (answer.status < 200 || answer.status >= 300 || answer.status === 204 || answer.status === 205) return false;
  let knownLength = answer.addLength ? answer.body.length : undefined;
  for (const { name, value } of answer.headers) {
    const lower = name.toLowerCase();
    if (lower === "content-encoding") return false;
    if (lower === "content-type" && isCompressedType(value)) return false;
    if (lower === "content-length") knownLength = Number(value);
  }
  return knownLength === undefined || !(knownLength < minBytes);
}

function accepts(acceptEncoding: string): boolean {
  return acceptEncoding.split(",").some((part) => {
    const [coding = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    if (coding !== "gzip") return false;
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    return quality === undefined || Number(quality.slice(2)) > 0;
  });
}

function isCompressedType(contentType: string): boolean {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (/^(?:image|audio|video)\//.test(type)) return type !== "image/svg+xml";
  return compressedTypes.has(type);
}

function taggedAsGzip(etag: string): string {
  return etag.endsWith('"') ? `${etag.slice(0, -1)}--gzip"` : `${etag}--gzip`;
}

const methods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);
const minBytes = 32;
const compressedTypes = new Set([
  "application/compress",
  "application/zip",
  "application/gzip",
  "application/x-gzip",
  "application/bzip2",
  "application/brotli",
  "application/x-xz",
  "application/x-rar-compressed",
  "text/event-stream",
]);
const compressedNames =
  /\.(?:png|jpe?g|jpe|gif|bmp|ico|tiff?|webp|mp[23]|mpeg?|mpg|mpe|avi|mov|qt|wav|au|snd|mid|midi|aiff?|zip|gz|bz2|br|xz|rar|z|svgz|ogg|ogv|webm|m4v|mp4|flv|movie)$/i;
