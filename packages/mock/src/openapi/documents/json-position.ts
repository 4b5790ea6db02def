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
  let at = skipSpace(text, open + 1);
  while (at < text.length && text[at] !== "}") {
    const end = skipString(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (JSON.parse(text.slice(at, end)) === key) found = value;
    at = skipSpace(text, skipValue(text, value));
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return found;
}

function itemAt(text: string, open: number, index: number): number | undefined {
  let at = skipSpace(text, open + 1);
  for (let passed = 0; at < text.length && text[at] !== "]"; passed++) {
    if (passed === index) return at;
    at = skipSpace(text, skipValue(text, at));
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return undefined;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\n\r".includes(text[at] ?? "")) at++;
  return at;
}

function skipString(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function skipValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === '"') at = skipString(text, at);
    else if (char === "{" || char === "[") {
      depth++;
      at++;
    } else if (depth > 0 && (char === "}" || char === "]")) {
      depth--;
      at++;
    } else if (depth === 0 && /[,}\]\s]/.test(char)) return at;
    else {
      at++;
      continue;
    }
    if (depth === 0) return at;
  }
  return at;
}
