import type { ResponseReader } from "../http/response-reader.ts";
import { parseJsonPath, readJsonPlace } from "./json-path.ts";
import type { Capture } from "./scenario.ts";

export interface CompiledCapture {
  readonly as: string;
  /** Undefined when the answer does not have it. */
  take(reader: ResponseReader): string | undefined;
}

/** Throws a RangeError for a path or an expression that cannot be. */
export function compileCapture({ as, from }: Capture): CompiledCapture {
  if ("json" in from) {
    const place = parseJsonPath(from.json);
    return { as, take: (reader) => textOf(readJsonPlace(parsedBody(reader), place)) };
  }
  if ("header" in from) return { as, take: (reader) => headerOf(reader.headText, from.header) };
  if ("cookie" in from) return { as, take: (reader) => cookieOf(reader.headText, from.cookie) };
  if ("regex" in from) {
    const pattern = new RegExp(from.regex, "s");
    return {
      as,
      take: (reader) => {
        const found = pattern.exec(reader.body.toString("utf8"));
        return found?.[1] ?? found?.[0];
      },
    };
  }
  return { as, take: (reader) => String(reader.status) };
}

export function parsedBody(reader: ResponseReader): unknown {
  try {
    return JSON.parse(reader.body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The first of that name, in any case. */
export function headerOf(headText: string, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const line of headText.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon === wanted.length && line.slice(0, colon).toLowerCase() === wanted) return line.slice(colon + 1).trim();
  }
  return undefined;
}

function cookieOf(headText: string, name: string): string | undefined {
  for (const [, found, value] of headText.matchAll(/\nset-cookie:[ \t]*([^=;\r\n]+)=([^;\r\n]*)/gi)) {
    if (found?.trim() === name) return value;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
