import { randomFillSync } from "node:crypto";

/**
 * Random UUIDs (version 4, RFC 9562) as one piece of text each. Those of `randomUUID` are made of twenty pieces that stay apart in
 * memory as long as the text lives, which is long in a journal.
 */
export class FreshIds {
  readonly #random = Buffer.allocUnsafeSlow(idBytes * 128);
  readonly #text = Buffer.alloc(36, "-", "latin1");
  #used = this.#random.length;

  next(): string {
    if (this.#used === this.#random.length) {
      randomFillSync(this.#random);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += idBytes;
    const text = this.#text;
    let at = 0;
    for (let index = 0; index < idBytes; index++) {
      let byte = this.#random[start + index] ?? 0;
      if (index === 6) byte = (byte & 0x0f) | 0x40;
      else if (index === 8) byte = (byte & 0x3f) | 0x80;
      text[at++] = hexDigit(byte >> 4);
      text[at++] = hexDigit(byte & 0x0f);
      if (index === 3 || index === 5 || index === 7 || index === 9) at++;
    }
    return text.toString("latin1");
  }
}

function hexDigit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

const idBytes = 16;
