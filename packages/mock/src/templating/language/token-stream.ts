import { type Lexer, syntaxError } from "./lexer.ts";
import { TemplateError } from "./template-error.ts";
import type { Token, TokenKind } from "./token.ts";

/** Tokens with one to look at ahead. What was read ahead costs nothing to read again. */
export class TokenStream {
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
  }

  peek(distance = 0): Token {
    for (;;) {
      const token = this.#ahead[distance];
      if (token) return token;
      this.#ahead.push(this.#lexer.next());
    }
  }

  take(): Token {
    const token = this.peek();
    this.#ahead.shift();
    return token;
  }

  takeIf(kind: TokenKind): Token | undefined {
    return this.peek().kind === kind ? this.take() : undefined;
  }

  /** `expected` as messages call the kind. */
  expect(kind: TokenKind, expected: string): Token {
    if (this.peek().kind !== kind) throw this.unexpected(this.peek(), expected);
    return this.take();
  }

  unexpected(token: Token, expected: string): UnexpectedToken {
    return new UnexpectedToken(syntaxError(this.#lexer.source, token, `found: '${token.text}', expected: '${expected}'`));
  }
}

/** A token that cannot stand where it stands. */
export class UnexpectedToken extends TemplateError {
  constructor({ message, phase }: TemplateError) {
    super({ message, phase });
  }
}
