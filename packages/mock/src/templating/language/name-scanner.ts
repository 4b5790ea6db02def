/**
 * Where names, numbers and strings inside a tag end, by the lexical grammar of Handlebars.java (HbsLexer.g4): a path is one token,
 * dots, slashes, dashes and `[any text]` segments included. Each function gives the end offset, or -1 when nothing begins there.
 * All of them look at each character a bounded number of times.
 */
export function endOfName(text: string, from: number): number {
  let at = from;
  for (;;) {
    if (text.startsWith("../", at)) {
      if (!startsName(text, at + 3)) return at + 2;
      at += 3;
    } else if (text.startsWith("..", at)) {
      return at + 2;
    } else if (text.startsWith("./", at)) {
      if (!startsName(text, at + 2)) return at + 1;
      at += 2;
    } else if (text[at] === ".") {
      return at + 1;
    } else {
      return endOfSegments(text, at);
    }
  }
}

function startsName(text: string, at: number): boolean {
  return text[at] === "." || isNameStart(text.charCodeAt(at)) || endOfBracket(text, at) > 0;
}

function endOfSegments(text: string, from: number): number {
  let at = isNameStart(text.charCodeAt(from)) ? from + 1 : endOfBracket(text, from);
  if (at < 0) return -1;
  for (;;) {
    const code = text.charCodeAt(at);
    // After `.`, `/` or `-` a segment in brackets goes on the path.
    if (text[at] === "[" && "./-".includes(text[at - 1] ?? " ")) {
      const end = endOfBracket(text, at);
      if (end < 0) return at;
      at = end;
    } else if (isNameStart(code) || isNamePart(code)) {
      at += 1;
    } else {
      return at;
    }
  }
}

function endOfBracket(text: string, from: number): number {
  if (text[from] !== "[") return -1;
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\" && text[at + 1] === "]") at += 1;
    else if (text[at] === "]") return at > from + 1 ? at + 1 : -1;
  }
  return -1;
}

/** A quoted text. A backslash protects the quote; when it is closed by nothing else, the last protected quote closes it. */
export function endOfString(text: string, from: number): number {
  const quote = text[from];
  if (quote !== '"' && quote !== "'") return -1;
  let fallback = -1;
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\" && text[at + 1] === quote) {
      at += 1;
      fallback = at + 1;
    } else if (text[at] === quote) {
      return at + 1;
    }
  }
  return fallback;
}

const NUMBER = /-?[0-9]*\.?[0-9]+/y;
const REST = /\[[a-zA-Z0-9_$'/.:-]+\]|[a-zA-Z0-9_$'/.:-]+/y;

export function endOfNumber(text: string, from: number): number {
  return endOf(NUMBER, text, from);
}

/** The name of a partial may hold more than a path. */
export function endOfRest(text: string, from: number): number {
  return endOf(REST, text, from);
}

function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function isNameStart(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || // a-z
    (code >= 0x41 && code <= 0x5a) || // A-Z
    code === 0x5f || // _
    code === 0x24 || // $
    code === 0x40 || // @
    code === 0x3a || // :
    (code >= 0xc0 && code <= 0xff) ||
    (code >= 0x410 && code <= 0x44f) || // Cyrillic
    (code >= 0x01 && code <= 0x1e && code !== 0x09 && code !== 0x0a && code !== 0x0d)
  );
}

function isNamePart(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x2f || code === 0x2d; // 0-9 . / -
}
