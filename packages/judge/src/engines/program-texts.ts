import { Problem } from "@dojang/model";
import type { ProgramFiles } from "../contract.ts";
import type { TypeStripper } from "./type-stripper.ts";

/** Programs are the exercise's, and run again and again: their types are taken off once. */
export class ProgramTexts {
  readonly #stripper: TypeStripper;
  readonly #known = new Map<string, string>();

  constructor(stripper: TypeStripper) {
    this.#stripper = stripper;
  }

  /** Throws a Problem about a program that is none: a person writes exercises, and so may a model. */
  async strip(files: ProgramFiles): Promise<ProgramFiles> {
    const stripped: [string, string][] = [];
    for (const [name, text] of Object.entries(files)) stripped.push([name, name.endsWith(".ts") ? await this.#strip(name, text) : text]);
    return Object.fromEntries(stripped);
  }

  async #strip(name: string, text: string): Promise<string> {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const stripped = await this.#stripper.strip(text);
    if ("unreadable" in stripped) {
      throw new Problem({
        code: "exercise-program-unreadable",
        exit: "configuration",
        message: `${name} is no TypeScript whose types can be taken off: ${stripped.unreadable.message}`,
        fix: "write it without enum, namespace and parameter properties, as Node runs TypeScript",
      });
    }
    if (this.#known.size >= mostTexts) this.#known.clear();
    this.#known.set(text, stripped.text);
    return stripped.text;
  }
}

const mostTexts = 2_000;
