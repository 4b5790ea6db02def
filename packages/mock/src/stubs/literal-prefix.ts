/** What every text begins with that a Java regular expression matches as a whole. */
export interface LiteralPrefix {
  readonly text: string;
  /** The expression matches this text and no other. */
  readonly isWhole: boolean;
}

/**
 * Reads literal characters up to the first thing that may stand for something else. Cautious: where it does not know, the prefix
 * ends, and an expression with an alternative at its top has none.
 */
export function literalPrefix(source: string): LiteralPrefix {
  if (mayHaveAlternatives(source)) return { text: "", isWhole: false };
  let text = "";
  let at = source.startsWith("^") ? 1 : 0;
  while (at < source.length) {
    const unit = readUnit(source, at);
    if (unit === undefined) return { text, isWhole: isEndAnchor(source, at) };
    const quantifier = source[unit.end];
    if (quantifier === "*" || quantifier === "?" || quantifier === "{") return { text: text + unit.text.slice(0, -1), isWhole: false };
    text += unit.text;
    if (quantifier === "+") return { text, isWhole: false };
    at = unit.end;
  }
  return { text, isWhole: true };
}

const special = new Set([".", "[", "(", ")", "*", "+", "?", "{", "|", "$", "^"]);

/** One literal character, or the text between \Q and \E; undefined for anything else. */
function readUnit(source: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const first = source[at] ?? "";
  if (first !== "\\") return special.has(first) || isSurrogate(first) ? undefined : { text: first, end: at + 1 };
  const second = source[at + 1] ?? "";
  if (second === "Q") return readQuoted(source, at + 2);
  return second === "" || /[a-zA-Z0-9]/.test(second) || isSurrogate(second) ? undefined : { text: second, end: at + 2 };
}

function readQuoted(source: string, from: number): { readonly text: string; readonly end: number } | undefined {
  const end = source.indexOf("\\E", from);
  const text = source.slice(from, end === -1 ? undefined : end);
  return text === "" || [...text].some(isSurrogate) || text.length !== [...text].length
    ? undefined
    : { text, end: end === -1 ? source.length : end + 2 };
}

/** A quantifier after half a pair would mean the whole pair. */
function isSurrogate(character: string): boolean {
  const code = character.charCodeAt(0);
  return code >= 0xd800 && code <= 0xdfff;
}

/** `$` as the last thing says nothing where the whole text has to match. */
function isEndAnchor(source: string, at: number): boolean {
  return source[at] === "$" && at === source.length - 1;
}

/** Whether a `|` may separate the whole expression in two. */
function mayHaveAlternatives(source: string): boolean {
  if (!source.includes("|")) return false;
  // Classes and quotes may hold anything, parentheses too: rather no prefix than a wrong one.
  if (/[[\]]|\\Q/.test(source)) return true;
  let depth = 0;
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    if (character === "\\") at++;
    else if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "|" && depth <= 0) return true;
  }
  return false;
}
