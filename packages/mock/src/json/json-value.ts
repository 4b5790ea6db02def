/**
 * JSON as matchers see it: what `JSON.parse` makes, with two additions that lose nothing of the text.
 * A number that JavaScript would print differently (`1.0`, `1e3`, 20 digits) is a JsonNumber.
 */
export type JsonValue = null | boolean | number | string | JsonNumber | JsonValue[] | { [key: string]: JsonValue };

export class JsonNumber {
  /** As written: `1.0`, `12345678901234567890`. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }
}
