/**
 * Tokens of the template language. Between tags: `text`, `escape` (`\{{x}}`), `comment` and the tag openers. Inside tags: the rest.
 * `name` is a whole path (`request.headers.[X-A]`), `rest` is what only a partial's name may be.
 */
export type TokenKind =
  | "text"
  | "escape"
  | "comment"
  | "open"
  | "openAmp"
  | "openTriple"
  | "openInverse"
  | "openBlock"
  | "openPartialBlock"
  | "openPartial"
  | "openClose"
  | "openRaw"
  | "openRawClose"
  | "delimiters"
  | "close"
  | "closeTriple"
  | "closeRaw"
  | "decorator"
  | "as"
  | "pipe"
  | "string"
  | "equals"
  | "number"
  | "boolean"
  | "else"
  | "name"
  | "rest"
  | "openParen"
  | "closeParen"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
  /** From 0. */
  readonly column: number;
  readonly offset: number;
  /** Delimiters in force where the token begins. */
  readonly start: string;
}
