import type { TemplateError } from "./language/template-error.ts";
import type { CompiledTemplate } from "./language/template-node.ts";

/** A compiled template with the text around it (text alone has no template), or why it cannot be compiled. */
export type Compilation =
  | { readonly prefix: string; readonly template: CompiledTemplate | undefined; readonly suffix: string }
  | { readonly error: TemplateError };

/** Compilations by their text, the least recently used dropped first. Bounded by entries and by the text they hold. */
export class TemplateCache {
  readonly #maxEntries: number;
  readonly #maxChars: number;
  readonly #entries = new Map<string, Compilation>();
  #chars = 0;

  constructor(limits: { readonly maxEntries: number; readonly maxChars: number }) {
    this.#maxEntries = limits.maxEntries;
    this.#maxChars = limits.maxChars;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(source: string, compile: (source: string) => Compilation): Compilation {
    const known = this.#entries.get(source);
    if (known) {
      // Moves it to the end, which is dropped last.
      this.#entries.delete(source);
      this.#entries.set(source, known);
      return known;
    }
    const compiled = compile(source);
    if (this.#maxEntries > 0 && source.length <= this.#maxChars) this.#add(source, compiled);
    return compiled;
  }

  #add(source: string, compiled: Compilation): void {
    this.#entries.set(source, compiled);
    this.#chars += source.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#chars <= this.#maxChars) return;
      this.#entries.delete(oldest);
      this.#chars -= oldest.length;
    }
  }
}
