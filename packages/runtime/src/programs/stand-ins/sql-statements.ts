/** One statement for the server, or a line for psql itself (`\connect app`). */
export type ScriptPart =
  | { readonly kind: "sql"; readonly text: string; readonly copyData?: string }
  | { readonly kind: "command"; readonly text: string };

/**
 * Cuts a script for psql into its parts: semicolons end statements except in quotes, dollar quotes, comments and
 * parentheses; a line that begins with a backslash is psql's; rows after `COPY ... FROM stdin;` go with it.
 */
export function cutScript(script: string): ScriptPart[] {
  const parts: ScriptPart[] = [];
  let start = 0;
  let at = 0;
  let depth = 0;
  while (at < script.length) {
    const here = script[at];
    if (here === "\\" && isBlank(script.slice(start, at))) {
      const end = endOfLine(script, at);
      parts.push({ kind: "command", text: script.slice(at, end).trim() });
      at = start = end;
      continue;
    }
    const skipped = skipQuoted(script, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    if (here === "(") depth += 1;
    if (here === ")") depth -= 1;
    at += 1;
    if (here !== ";" || depth > 0) continue;
    const text = script.slice(start, at);
    const copy = /^\s*copy\b[^;]*\bfrom\s+stdin\b/i.test(withoutComments(text)) ? copyRows(script, at) : undefined;
    if (copy !== undefined) at = copy.end;
    parts.push({ kind: "sql", text: text.trim(), copyData: copy?.data });
    start = at;
  }
  const rest = script.slice(start);
  if (!isBlank(rest)) parts.push({ kind: "sql", text: rest.trim() });
  return parts;
}

function copyRows(script: string, after: number): { data: string; end: number } {
  const begin = endOfLine(script, after);
  const terminator = /^\\\.\r?$/m.exec(script.slice(begin));
  if (terminator === null) return { data: script.slice(begin), end: script.length };
  return { data: script.slice(begin, begin + terminator.index), end: endOfLine(script, begin + terminator.index) };
}

/** The position behind the quoted text, comment or dollar quote that begins here; `at` itself when none does. */
function skipQuoted(script: string, at: number): number {
  const rest = script.slice(at, at + 64);
  if (rest.startsWith("--")) return endOfLine(script, at);
  if (rest.startsWith("/*")) return behind(script, "*/", at + 2);
  if (rest.startsWith("'")) return behindQuote(script, at, /[eE]/.test(script[at - 1] ?? "") && !/\w/.test(script[at - 2] ?? ""));
  if (rest.startsWith('"')) return behind(script, '"', at + 1);
  const dollar = /^\$([A-Za-z_]\w*)?\$/.exec(rest)?.[0];
  const startsWord = !/[\w$]/.test(script[at - 1] ?? "");
  return dollar !== undefined && startsWord ? behind(script, dollar, at + dollar.length) : at;
}

function behindQuote(script: string, at: number, backslashEscapes: boolean): number {
  for (let position = at + 1; position < script.length; position++) {
    if (backslashEscapes && script[position] === "\\") position += 1;
    else if (script[position] === "'") return position + 1;
  }
  return script.length;
}

function behind(script: string, mark: string, from: number): number {
  const found = script.indexOf(mark, from);
  return found < 0 ? script.length : found + mark.length;
}

function endOfLine(script: string, from: number): number {
  const found = script.indexOf("\n", from);
  return found < 0 ? script.length : found + 1;
}

function isBlank(text: string): boolean {
  return withoutComments(text).trim() === "";
}

function withoutComments(text: string): string {
  return text.replaceAll(/--[^\n]*/g, "").replaceAll(/\/\*[\s\S]*?\*\//g, "");
}
