/** A kind of thing that is made from a text and kept for one response: parsed documents, compiled paths. */
export class CacheSlot<T> {
  /** Only gives the slot its type. */
  declare readonly made: T;
}

/** What the templates of one response have parsed and compiled, so that reading ten members of a body parses it once. */
export class RenderCache {
  readonly #slots = new Map<CacheSlot<unknown>, Map<string, unknown>>();

  get<T>(slot: CacheSlot<T>, text: string, make: (text: string) => T): T {
    let texts = this.#slots.get(slot);
    if (!texts) {
      texts = new Map();
      this.#slots.set(slot, texts);
    }
    // What is kept under a slot was made for that slot.
    if (texts.has(text)) return texts.get(text) as T;
    const made = make(text);
    texts.set(text, made);
    return made;
  }
}
