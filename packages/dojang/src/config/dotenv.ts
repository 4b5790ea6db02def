import { interpolate, type Lookup } from "./interpolation.ts";

export interface DotenvError {
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

export interface Dotenv {
  readonly values: Readonly<Record<string, string>>;
  readonly errors: readonly DotenvError[];
}

/**
 * An env file as Docker Compose reads it: `NAME=value`, `export NAME=value`, `NAME: value`, `NAME` alone (taken from
 * `lookup`); single quotes keep their text, double quotes know `\n` and variables, unquoted values end at ` #`. Variables
 * look at earlier lines, then at `lookup`. `raw` keeps every value as it stands.
 */
export function parseDotenv(text: string, { lookup, raw = false }: { lookup: Lookup; raw?: boolean }): Dotenv {
  const values = new Map<string, string>();
  const errors: DotenvError[] = [];
  const seen: Lookup = (name) => lookup(name) ?? values.get(name);
  const source = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  let at = 0;
  let line = 1;
  const skip = (to: number) => {
    for (; at < to; at++) if (source[at] === "\n") line++;
  };
  while (at < source.length) {
    const lineEnd = endOfLine(source, at);
    const whole = source.slice(at, lineEnd);
    const head = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*([=:]?)[ \t]*/.exec(whole);
    const here = line;
    if (/^[ \t]*(#|$)/.test(whole)) {
      skip(lineEnd + 1);
      continue;
    }
    if (head?.[1] === undefined || (head[2] === "" && !/^(#|$)/.test(whole.slice(head[0].length)))) {
      errors.push({
        line: here,
        message: `is not NAME=value: "${whole.trim().slice(0, 40)}"`,
        fix: "write NAME=value, or begin the line with #",
      });
      skip(lineEnd + 1);
      continue;
    }
    const name = head[1];
    if (head[2] === "") {
      const inherited = lookup(name);
      if (inherited !== undefined) values.set(name, inherited);
      skip(lineEnd + 1);
      continue;
    }
    const value = raw
      ? { end: lineEnd, text: whole.slice(whole.indexOf(head[2] ?? "=") + 1), expand: false }
      : readValue(source, at + head[0].length, lineEnd);
    skip(Math.max(value.end, at) + 1);
    if ("problem" in value) {
      errors.push({ line: here, message: `${name}: ${value.problem}`, fix: "close the quote" });
      continue;
    }
    const replaced = value.expand ? interpolate(value.text, seen) : { ok: true as const, value: value.text };
    if (replaced.ok) values.set(name, replaced.value);
    else errors.push({ line: here, message: `${name}: ${replaced.message}`, fix: replaced.fix });
  }
  return { values: Object.fromEntries(values), errors };
}

type Value = { readonly end: number; readonly text: string; readonly expand: boolean } | { readonly end: number; readonly problem: string };

function readValue(source: string, from: number, lineEnd: number): Value {
  const quote = source[from];
  if (quote !== "'" && quote !== '"') {
    const text = source.slice(from, lineEnd);
    const comment = /(^|\s)#/.exec(text);
    return { end: lineEnd, text: text.slice(0, comment?.index ?? text.length).trim(), expand: true };
  }
  let text = "";
  for (let at = from + 1; at < source.length; at++) {
    const letter = source[at] ?? "";
    if (letter === quote) return { end: endOfLine(source, at), text, expand: quote === '"' };
    if (letter === "\\" && quote === '"') text += escaped(source[++at] ?? "");
    else if (letter === "\\" && source[at + 1] === "'") text += source[++at];
    else text += letter;
  }
  return { end: lineEnd, problem: `the quote ${quote} is not closed` };
}

function escaped(letter: string): string {
  const known: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", $: "$$", '"': '"', "\\": "\\" };
  return known[letter] ?? `\\${letter}`;
}

function endOfLine(source: string, from: number): number {
  const end = source.indexOf("\n", from);
  return end === -1 ? source.length : end;
}
