import type { Answer } from "../http/answer.ts";
import { parseJsonPath, readJsonPlace } from "./json-path.ts";
import type { Capture } from "./scenario.ts";

export interface CompiledCapture {
  readonly as: string;
  /** Undefined when the answer does not have it. */
  take(answer: Answer): string | undefined;
}

/** Throws a RangeError for a path or an expression that cannot be. */
export function compileCapture({ as, from }: Capture): CompiledCapture {
  if ("json" in from) {
    const place = parseJsonPath(from.json);
    return { as, take: (answer) => textOf(readJsonPlace(parsedBody(answer), place)) };
  }
  if ("header" in from) return { as, take: (answer) => headerOf(answer.headText, from.header) };
  if ("cookie" in from) return { as, take: (answer) => cookieOf(answer.headText, from.cookie) };
  if ("regex" in from) {
    const pattern = new RegExp(from.regex, "s");
    return {
      as,
      take: (answer) => {
        const found = pattern.exec(answer.body.toString("utf8"));
        return found?.[1] ?? found?.[0];
      },
    };
  }
  return { as, take: (answer) => String(answer.status) };
}

export function parsedBody(answer: Answer): unknown {
  try {
    return JSON.parse(answer.body.toString("utf8"));
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

export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
