/**
 * Texts of heads that come again: names of headers, and for each name its last value. Requests that a journal keeps then share them,
 * and those that come only once are copied out of the head's text, which they would otherwise keep as a whole.
 */
export class HeadTexts {
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, string>();

  name(text: string, bytes: Buffer, start: number): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    // Clients may invent names without end.
    if (this.#names.size >= maxNames) {
      this.#names.clear();
      this.#values.clear();
    }
    const own = ownText(text, bytes, start);
    this.#names.set(own, own);
    return own;
  }

  /** Of a name that `name` gave. */
  value(name: string, text: string, bytes: Buffer, start: number): string {
    const last = this.#values.get(name);
    if (last === text) return last;
    const own = ownText(text, bytes, start);
    if (text.length <= maxKeptLength) this.#values.set(name, own);
    return own;
  }
}

/** The same text without the longer one that it is a part of: the engine keeps that for parts of 13 characters and more. */
export function ownText(text: string, bytes: Buffer, start: number): string {
  return text.length < 13 ? text : bytes.toString("latin1", start, start + text.length);
}

const maxNames = 512;
const maxKeptLength = 1_024;
