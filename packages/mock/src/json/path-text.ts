import { JsonPathSyntaxError } from "./json-path-error.ts";

/** The text of a path or filter with a place in it. Only spaces count as blank. */
export class PathText {
  readonly text: string;
  at = 0;
  /** Behind the last character that counts. */
  readonly end: number;

  constructor(text: string, end = text.replace(/ +$/, "").length) {
    this.text = text;
    this.end = end;
  }

  char(): string {
    return this.charAt(this.at);
  }

  get isDone(): boolean {
    return this.at >= this.end;
  }

  /** Empty beyond the end. */
  charAt(index: number): string {
    return index >= 0 && index < this.end ? this.text.charAt(index) : "";
  }

  skipSpaces(): void {
    while (this.char() === " ") this.at++;
  }

  /** The place of the first character after `index` that is no space. */
  nextAfter(index: number): number {
    let next = index + 1;
    while (this.charAt(next) === " ") next++;
    return next;
  }

  /** Takes a text that comes next, after spaces; moves nowhere when it does not. */
  take(expected: string): boolean {
    const start = this.at;
    this.skipSpaces();
    if (this.text.startsWith(expected, this.at) && this.at + expected.length <= this.end) {
      this.at += expected.length;
      return true;
    }
    this.at = start;
    return false;
  }

  /** The next place of a character that no backslash precedes, after `index`; -1 when there is none. */
  unescaped(char: string, index: number): number {
    for (let i = index + 1; i < this.end; i++) {
      if (this.text.charAt(i) === "\\") i++;
      else if (this.text.charAt(i) === char) return i;
    }
    return -1;
  }

  /**
   * The place of the bracket that closes the one at `index`; -1 when none does. Brackets in quotes do not count, nor in `/patterns/`
   * when told. As in Jayway, a quote directly behind another quoted text is not seen as one.
   */
  closing(index: number, close: string, skipPatterns: boolean): number {
    const open = this.charAt(index);
    let depth = 1;
    for (let i = index + 1; i < this.end; i++) {
      const quote = this.charAt(i);
      if (quote === "'" || quote === '"') i = this.#behind(quote, i);
      if (skipPatterns && this.charAt(i) === "/") i = this.#behind("/", i);
      if (this.charAt(i) === open) depth++;
      if (this.charAt(i) === close && --depth === 0) return i;
    }
    return -1;
  }

  #behind(quote: string, index: number): number {
    const end = this.unescaped(quote, index);
    if (end < 0) throw new JsonPathSyntaxError(`no closing ${quote} in ${this.text}`);
    return end + 1;
  }
}

/** `\n`, `A` and a backslash before any other character. */
export function unescapePath(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(u)|([\s\S]))/g, (_, code?: string, broken?: string, char?: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (broken !== undefined) throw new JsonPathSyntaxError(`\\u is not followed by four hexadecimal digits: ${text}`);
    return CONTROLS[char ?? ""] ?? char ?? "";
  });
}

const CONTROLS: Readonly<Record<string, string>> = { r: "\r", f: "\f", t: "\t", n: "\n", b: "\b" };
