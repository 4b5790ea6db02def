import { appendValue } from "./append-value.ts";

/**
 * `Cookie` headers as Jetty reads them for WireMock: RFC 6265, with white space around and in values. A pair that breaks the
 * grammar is dropped, and with it everything up to the next semicolon after the offending character.
 */
export function parseCookies(headers: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const cookies = new Map<string, string[]>();
  for (const header of headers) {
    let from = 0;
    while (from < header.length) {
      const pair = readPair(header, from);
      if (pair.cookie) appendValue(cookies, pair.cookie.name, pair.cookie.value);
      from = pair.next;
    }
  }
  return cookies;
}

interface Pair {
  readonly cookie?: { readonly name: string; readonly value: string };
  /** Where the next pair begins. */
  readonly next: number;
}

function readPair(header: string, from: number): Pair {
  let at = skipSpace(header, from);
  const nameStart = at;
  while (at < header.length && isTokenCode(header.charCodeAt(at))) at++;
  const name = header.slice(nameStart, at);
  at = skipSpace(header, at);
  if (header[at] === ";") return { next: at + 1 };
  if (header[at] !== "=") return { next: afterNextSemicolon(header, at + 1) };
  at = skipSpace(header, at + 1);
  const value = header[at] === '"' ? readQuoted(header, at + 1) : readPlain(header, at);
  if (value.text === undefined) return { next: afterNextSemicolon(header, value.end + 1) };
  const end = skipSpace(header, value.end);
  if (end < header.length && header[end] !== ";") return { next: afterNextSemicolon(header, end + 1) };
  return name === "" || name.startsWith("$") ? { next: end + 1 } : { cookie: { name, value: value.text }, next: end + 1 };
}

interface Value {
  /** Undefined when a character at `end` does not belong into a value. */
  readonly text: string | undefined;
  readonly end: number;
}

function readQuoted(header: string, from: number): Value {
  let at = from;
  while (at < header.length && (header[at] === " " || isValueCode(header.charCodeAt(at)))) at++;
  return header[at] === '"' ? { text: header.slice(from, at), end: at + 1 } : { text: undefined, end: at };
}

function readPlain(header: string, from: number): Value {
  let at = from;
  let end = from;
  while (at < header.length && header[at] !== ";") {
    if (isValueCode(header.charCodeAt(at))) {
      at++;
      end = at;
      continue;
    }
    const next = skipSpace(header, at);
    const ends = next === header.length || header[next] === ";";
    // Spaces may be inside a value, tabs only around it.
    if (next === at || (!ends && header.slice(at, next).includes("\t"))) return { text: undefined, end: at };
    at = next;
  }
  return { text: header.slice(from, end), end: at };
}

function skipSpace(header: string, from: number): number {
  let at = from;
  while (header[at] === " " || header[at] === "\t") at++;
  return at;
}

function afterNextSemicolon(header: string, from: number): number {
  const semicolon = header.indexOf(";", from);
  return semicolon === -1 ? header.length : semicolon + 1;
}

function isValueCode(code: number): boolean {
  return code > 0x20 && code < 0x7f && code !== 0x22 && code !== 0x2c && code !== 0x3b && code !== 0x5c;
}

const tokenCharacters = new Set("!#$%&'*+-.^_`|~");

function isTokenCode(code: number): boolean {
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) return true;
  return tokenCharacters.has(String.fromCharCode(code));
}
