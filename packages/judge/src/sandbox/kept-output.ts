const headLength = 56 * 1024;
const tailLength = 8 * 1024;

/** The beginning of what was said and its last words: an interpreter that ends itself says why at the end. */
export class KeptOutput {
  #head = "";
  #tail = "";

  add(text: string): void {
    const ofHead = text.slice(0, headLength - this.#head.length);
    this.#head += ofHead;
    this.#tail = (this.#tail + text.slice(ofHead.length)).slice(-tailLength);
  }

  /** Empties it. */
  take(): string {
    const taken = this.#head + this.#tail;
    this.#head = "";
    this.#tail = "";
    return taken;
  }
}
