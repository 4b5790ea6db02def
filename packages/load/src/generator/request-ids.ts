import { randomFillSync } from "node:crypto";

/** A W3C trace id of one request, as four words, which cost nothing to keep. */
export interface RequestId {
  readonly words: Uint32Array;
  /** Of the first of its four words. */
  readonly at: number;
  /** As it is sent. */
  readonly headers: string;
}

/** Six words of random an id: four for the trace, two for the span. */
const wordsEach = 6;
const batch = 512;

/** Made in batches: asking for random numbers and writing them as text costs more than the rest of a request when it is done for each. */
export function createRequestIds(): () => RequestId {
  let words = new Uint32Array();
  let text = "";
  let next = batch;
  return () => {
    if (next === batch) {
      words = randomFillSync(new Uint32Array(wordsEach * batch));
      text = hexOf(words);
      next = 0;
    }
    const at = next++ * wordsEach;
    const id = text.slice(at * 8, (at + 4) * 8);
    const span = text.slice((at + 4) * 8, (at + wordsEach) * 8);
    return { words, at, headers: `traceparent: 00-${id}-${span}-01\r\nX-Request-Id: ${id}\r\n` };
  };
}

export function hexOf(words: Uint32Array): string {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString("hex");
}
