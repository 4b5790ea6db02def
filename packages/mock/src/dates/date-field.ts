import type { Zone } from "./zone.ts";

/** What a part of a date's text says, by Java's names of its fields. */
export type DateField =
  | "era"
  | "year-of-era"
  | "year"
  | "quarter"
  | "month"
  | "day-of-year"
  | "day"
  | "day-of-week"
  | "week"
  | "half-of-day"
  | "hour"
  | "clock-hour"
  | "hour-of-half"
  | "clock-hour-of-half"
  | "minute"
  | "second"
  | "nano"
  | "milli-of-day"
  | "nano-of-day"
  | "modified-julian-day"
  | "offset";

/** What was read from a text. */
export class ParsedFields {
  readonly #values: Map<DateField, number>;
  zone: Zone | undefined;

  constructor(values: ReadonlyMap<DateField, number> = new Map(), zone?: Zone) {
    this.#values = new Map(values);
    this.zone = zone;
  }

  get(field: DateField): number | undefined {
    return this.#values.get(field);
  }

  /** False when the field is known with another value. */
  set(field: DateField, value: number): boolean {
    const known = this.#values.get(field);
    if (known !== undefined && known !== value) return false;
    this.#values.set(field, value);
    return true;
  }

  copy(): ParsedFields {
    return new ParsedFields(this.#values, this.zone);
  }
}
