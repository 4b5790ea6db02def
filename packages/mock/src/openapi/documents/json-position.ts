import { pointerKeys } from "./json-pointer.ts";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Where the value at a pointer begins in a text that JSON.parse has taken. It skips over everything else, so that a place
 * in a file of 10 MB is found without a tree of its positions. Of repeated keys the last, as JSON.parse has it.
 */
export function jsonPosition(text: string, pointer: string): Position | undefined {
  let at = skipSpace(text, 0);
  for (const key of pointerKeys(pointer)) {
    const found = text[at] === "{" ? memberAt(text, at, key) : text[at] === "[" ? itemAt(text, at, Number(key)) : undefined;
    if (found === undefined) return undefined;
    at = found;
  }
  return positionOf(text, at);
}

export function positionOf(text: string, offset: number): Position {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf("\n"); next >= 0 && next < offset; next = text.indexOf("\n", next + 1)) {
    line++;
    start = next + 1;
  }
  return { line, column: offset - start + 1 };
}

function memberAt(text: string, open: number, key: string): number | undefined {
  let found: number | undefined;
  const quoted = JSON.stringify(key);
  let at = skipSpace(text, open + 1);
  while (at < text.length && text.charCodeAt(at) !== closeBrace) {
    const end = skipString(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    // A key may be written with escapes that it does not need.
    const same = text.startsWith(quoted, at) || (text.slice(at, end).includes("\\") && JSON.parse(text.slice(at, end)) === key);
    if (same) found = value;
    at = skipSpace(text, skipValue(text, value));
    if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1);
  }
  return found;
}

function itemAt(text: string, open: number, index: number): number | undefined {
  let at = skipSpace(text, open + 1);
  for (let passed = 0; at < text.length && text.charCodeAt(at) !== closeBracket; passed++) {
    if (passed === index) return at;
    at = skipSpace(text, skipValue(text, at));
    if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1);
  }
  return undefined;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

function skipSpace(text: string, from: number): number {
  let at = from;
  // The four that JSON knows are the only control characters outside of strings.
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function skipString(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at + 1;
}

/** The end of a string, number, word, or of everything within brackets. */
function skipValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === quote) {
      at = skipString(text, at);
      if (depth === 0) return at;
    } else if (char === openBrace || char === openBracket) {
      depth++;
      at++;
    } else if (char === closeBrace || char === closeBracket) {
      if (depth === 0) return at;
      at++;
      if (--depth === 0) return at;
    } else if (depth === 0 && (char === comma || char <= 0x20)) return at;
    else at++;
  }
  return at;
}
