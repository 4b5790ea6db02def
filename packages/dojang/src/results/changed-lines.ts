/** Lines that a change added or altered, by the path after the change; line numbers count from 1. */
export type ChangedLines = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * Reads `git diff` in its unified form, with any amount of context. Renamed and copied files count under their new path,
 * deleted and binary ones not at all.
 */
export function changedLines(diffText: string): ChangedLines {
  const changed = new Map<string, Set<number>>();
  let lines: Set<number> | undefined;
  let hunk: Hunk | undefined;
  for (const line of diffText.split("\n")) {
    if (hunk !== undefined && (hunk.oldLeft > 0 || hunk.newLeft > 0)) {
      hunk = takeLine(line, hunk, lines);
      continue;
    }
    hunk = undefined;
    if (line.startsWith("diff --git ")) lines = undefined;
    else if (line.startsWith("+++ ")) lines = linesOf(line.slice(4), changed);
    else if (line.startsWith("@@ ")) hunk = openHunk(line);
  }
  return changed;
}

interface Hunk {
  readonly at: number;
  readonly oldLeft: number;
  readonly newLeft: number;
}

/** `@@ -12,0 +13,2 @@ function name`: a count left out is 1. */
function openHunk(line: string): Hunk | undefined {
  const match = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
  if (match === null) return undefined;
  return { oldLeft: Number(match[1] ?? 1), at: Number(match[2]), newLeft: Number(match[3] ?? 1) };
}

/** Counting the lines of a hunk keeps an added line that looks like `+++ b/x` from being read as a header. */
function takeLine(line: string, hunk: Hunk, lines: Set<number> | undefined): Hunk {
  if (line.startsWith("+")) {
    lines?.add(hunk.at);
    return { ...hunk, at: hunk.at + 1, newLeft: hunk.newLeft - 1 };
  }
  if (line.startsWith("-")) return { ...hunk, oldLeft: hunk.oldLeft - 1 };
  // "\ No newline at end of file" belongs to the line before it.
  if (line.startsWith("\\")) return hunk;
  return { at: hunk.at + 1, oldLeft: hunk.oldLeft - 1, newLeft: hunk.newLeft - 1 };
}

function linesOf(header: string, changed: Map<string, Set<number>>): Set<number> | undefined {
  // Git ends an unquoted name that holds a space with a tab.
  const name = header.startsWith('"') ? unquote(header) : header.replace(/\t.*$/, "").replace(/\r$/, "");
  if (name === "/dev/null") return undefined;
  const path = name.replace(/^b\//, "");
  const lines = changed.get(path) ?? new Set<number>();
  changed.set(path, lines);
  return lines;
}

const escapes: Readonly<Record<string, string>> = { a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r", '"': '"', "\\": "\\" };

/** Git quotes as C does; bytes outside of ASCII come as octal (`core.quotePath`). */
function unquote(quoted: string): string {
  const inner = /^"((?:[^"\\]|\\.)*)"/.exec(quoted)?.[1] ?? quoted;
  const bytes: Buffer[] = [];
  for (const [, octal, letter, plain] of inner.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(Buffer.from([Number.parseInt(octal, 8)]));
    else bytes.push(Buffer.from(letter === undefined ? (plain ?? "") : (escapes[letter] ?? letter)));
  }
  return Buffer.concat(bytes).toString("utf8");
}
