import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import type { MockRequest } from "../request/mock-request.ts";
import type { Answer } from "./exchange.ts";
import type { World } from "./mock-world.ts";

/** A file below `__files`, by its path: undefined when there is none. A folder answers with its index. */
export async function staticFileAnswer(world: World, request: MockRequest, path: string): Promise<Answer | undefined> {
  const name = decoded(path)?.replace(/^\/+/, "");
  if (name === undefined || name.includes("\0")) return undefined;
  const folder = name === "" || name.endsWith("/") ? name : `${name}/`;
  const candidates = [
    ...(folder === name ? [] : [{ file: name, type: typeOf(name) }]),
    // As WireMock names the type of an index.
    ...indexes.map((index) => ({ file: `${folder}${index}`, type: `${typeOf(index)};charset=utf-8` })),
  ];
  for (const { file, type } of candidates) {
    const body = await readOrNothing(world, file);
    if (body !== undefined) return fileAnswer(request, { type, body, modified: await modifiedAt(world, file) });
  }
  return undefined;
}

interface FoundFile {
  readonly type: string;
  readonly body: Buffer;
  readonly modified: Date | undefined;
}

function fileAnswer(request: MockRequest, { type, body, modified }: FoundFile): Answer {
  const headers = [{ name: "Content-Type", value: type }];
  if (modified !== undefined) {
    const since = Date.parse(request.header("if-modified-since")[0] ?? "");
    if (modified.getTime() - (modified.getTime() % 1000) <= since)
      return { status: 304, headers: [], body: Buffer.alloc(0), addLength: false };
    headers.push({ name: "Last-Modified", value: modified.toUTCString() });
  }
  headers.push({ name: "Accept-Ranges", value: "bytes" });
  const range = rangeOf(request.header("range")[0], body.length);
  if (range === undefined) return { status: 200, headers, body, addLength: true };
  if (range === "unsatisfiable") {
    return { status: 416, headers: [{ name: "Content-Range", value: `bytes */${body.length}` }], body: Buffer.alloc(0), addLength: true };
  }
  headers.push({ name: "Content-Range", value: `bytes ${range.first}-${range.last}/${body.length}` });
  return { status: 206, headers, body: body.subarray(range.first, range.last + 1), addLength: true };
}

/** RFC 9110, section 14.2. Several ranges at once may be ignored, and are. */
function rangeOf(header: string | undefined, length: number): { first: number; last: number } | "unsatisfiable" | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(" ", "") ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, length - Number(to)) : Number(from);
  const last = from === "" || to === "" ? length - 1 : Math.min(Number(to), length - 1);
  return first > last ? "unsatisfiable" : { first, last };
}

async function readOrNothing(world: World, name: string): Promise<Buffer | undefined> {
  try {
    return await world.files.readBody(name);
  } catch (error) {
    // A path that leads out of the folder names no file of it.
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

async function modifiedAt(world: World, name: string): Promise<Date | undefined> {
  if (world.files.directory === undefined) return undefined;
  return (await stat(join(world.files.directory, "__files", name)).catch(() => undefined))?.mtime;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function typeOf(name: string): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return types[extension] ?? "application/json";
}

const indexes = ["index.json", "index.html", "index.xml", "index.txt"];
const types: Readonly<Record<string, string | undefined>> = {
  json: "application/json",
  html: "text/html",
  htm: "text/html",
  xml: "application/xml",
  txt: "text/plain",
  css: "text/css",
  csv: "text/csv",
  js: "application/javascript",
  mjs: "application/javascript",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  svg: "image/svg+xml",
  webp: "image/webp",
  ico: "image/x-icon",
  pdf: "application/pdf",
  zip: "application/zip",
  gz: "application/gzip",
  wasm: "application/wasm",
  woff2: "font/woff2",
};
