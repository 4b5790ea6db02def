import { packSection } from "./pack-section.ts";
import type { Cap, ReportIndex } from "./report-sections.ts";

/** A named piece of data of the page, packed. */
export interface Section {
  readonly name: string;
  readonly data: string;
}

/** Collects sections within a limit, gives every body its place, and counts what was left out. */
export class ReportFile {
  readonly sections: Section[] = [];
  readonly bodySections: ReportIndex["bodySections"][number][] = [];
  readonly #places = new Map<string, number>();
  readonly #leftOut = new Map<Cap["what"], number>();
  #room: number;

  constructor(limitCharacters: number) {
    this.#room = limitCharacters;
  }

  /** What the page cannot do without. */
  add(name: string, value: unknown): void {
    this.#store(name, packSection(value));
  }

  /** Adds what fits; says whether it did. */
  offer(name: string, value: unknown): boolean {
    const data = packSection(value);
    if (data.length > this.#room) return false;
    this.#store(name, data);
    return true;
  }

  leaveOut(what: Cap["what"], count: number): void {
    if (count > 0) this.#leftOut.set(what, (this.#leftOut.get(what) ?? 0) + count);
  }

  get caps(): Cap[] {
    return [...this.#leftOut].map(([what, count]) => ({ what, count }));
  }

  /** Equal bytes have one place, whoever sent them. `fresh` gets a hash the first time it is seen. */
  placeOf(hash: string, fresh: string[]): number {
    const known = this.#places.get(hash);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(hash, place);
    fresh.push(hash);
    return place;
  }

  #store(name: string, data: string): void {
    this.#room -= data.length;
    this.sections.push({ name, data });
  }
}
