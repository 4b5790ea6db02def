import { RegexSyntaxError } from "./regex-syntax-error.ts";

/** Marks a code point that stood between `\Q` and `\E`: never special, never white space to skip. */
const QUOTED = 1 << 24;
/** What reading past the end gives. */
export const END = -1;

/** Walks over the code points of a pattern. `comments` (the `x` flag) skips white space and `# …` between them. */
export class PatternReader {
  readonly source: string;
  comments = false;
  readonly #tokens: readonly number[];
  #position = 0;

  constructor(source: string) {
    this.source = source;
    this.#tokens = tokensOf(source);
  }

  get position(): number {
    return this.#position;
  }

  /** The next token without moving; END at the end. Compare it with plain code points: a quoted one equals none. */
  peek(): number {
    if (this.comments) this.#skipComments();
    return this.#tokens[this.#position] ?? END;
  }

  /** The next token; white space is not skipped after it. */
  take(): number {
    const token = this.peek();
    this.#position++;
    return token;
  }

  /** The next token as it stands, also white space. Taking END moves too: messages point behind it. */
  takeRaw(): number {
    const token = this.peekRaw();
    this.#position++;
    return token;
  }

  peekRaw(ahead = 0): number {
    return this.#tokens[this.#position + ahead] ?? END;
  }

  is(char: string): boolean {
    return this.peek() === char.codePointAt(0);
  }

  accept(char: string): boolean {
    if (!this.is(char)) return false;
    this.#position++;
    return true;
  }

  back(position: number): void {
    this.#position = position;
  }

  fail(reason: string, index = this.#position - 1): never {
    throw new RegexSyntaxError(reason, this.source, index);
  }

  #skipComments(): void {
    for (;;) {
      const token = this.#tokens[this.#position];
      if (token === 0x23) {
        while (this.#position < this.#tokens.length && !isLineEnd(this.#tokens[this.#position])) this.#position++;
      } else if (token !== undefined && isSpace(token)) {
        this.#position++;
      } else {
        return;
      }
    }
  }
}

export function plain(token: number): number {
  return token & ~QUOTED;
}

export function isDigit(token: number): boolean {
  return token >= 0x30 && token <= 0x39;
}

function isSpace(token: number): boolean {
  return token === 0x20 || (token >= 9 && token <= 13);
}

function isLineEnd(token: number | undefined): boolean {
  return token === 0x0a || token === 0x0d || token === 0x85 || token === 0x2028 || token === 0x2029;
}

/** Code points, those of `\Q…\E` marked. */
function tokensOf(source: string): number[] {
  const points = Array.from(source, (char) => char.codePointAt(0) ?? 0);
  const tokens: number[] = [];
  let quoting = false;
  for (let i = 0; i < points.length; i++) {
    const point = points[i] ?? 0;
    const next = points[i + 1];
    if (quoting && point === BACKSLASH && next === LETTER_E) {
      quoting = false;
      i++;
    } else if (quoting) {
      tokens.push(point | QUOTED);
    } else if (point === BACKSLASH && next === LETTER_Q) {
      quoting = true;
      i++;
    } else {
      tokens.push(point);
      if (point === BACKSLASH && next !== undefined) {
        tokens.push(next);
        i++;
      }
    }
  }
  return tokens;
}

const BACKSLASH = 0x5c;
const LETTER_E = 0x45;
const LETTER_Q = 0x51;
