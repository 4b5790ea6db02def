import type { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";

/** Thrown inside a validation that has taken more steps than it may. */
export class TooManySteps extends Error {
  override readonly name = "TooManySteps";
}

/** How many schemas may still be entered: alternatives inside alternatives multiply with the depth of a value. */
export interface StepBudget {
  left: number;
}

/** Of ajv's keywords, those whose cost is the product of two lengths are done here in the sum of them. */
export function addBoundedKeywords(ajv: Ajv2020, budget: StepBudget): void {
  ajv.addKeyword({
    keyword: "dojang-step",
    schemaType: "boolean",
    errors: false,
    validate: () => {
      if (--budget.left < 0) throw new TooManySteps();
      return true;
    },
  });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    errors: false,
    compile: (asked: boolean) => (data: readonly unknown[]) => !asked || new Set(data.map(canonical)).size === data.length,
  });
  ajv.removeKeyword("enum");
  ajv.addKeyword({
    keyword: "enum",
    schemaType: "array",
    errors: false,
    compile: (allowed: readonly unknown[]) => {
      const known = new Set(allowed.map(canonical));
      const scalar = allowed.every((value) => typeof value !== "object" || value === null);
      return (data: unknown) => (scalar && typeof data === "object" && data !== null ? false : known.has(canonical(data)));
    },
  });
}

/** The same text for equal values: keys in one order, `1.0` as `1`. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`);
    return `{${members.sort().join(",")}}`;
  }
  return JSON.stringify(value) ?? "undefined";
}

/** Longer text is of no format: some of their expressions take time that grows with the square of the length. */
const longestFormatted = 4_096;
const unbounded = new Set(["byte", "binary", "password"]);

export function addFormats(ajv: Ajv2020): void {
  for (const [name, format] of Object.entries(fullFormats)) {
    if (unbounded.has(name) || typeof format === "boolean") ajv.addFormat(name, format);
    else if (typeof format === "object" && "type" in format && format.type === "number") ajv.addFormat(name, format);
    else {
      const validate = textCheck(format);
      ajv.addFormat(name, { type: "string", validate: (text: string) => text.length <= longestFormatted && validate(text) });
    }
  }
}

export function textCheck(format: unknown): (text: string) => boolean {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === "function") return (text) => format(text) === true;
  if (typeof format === "object" && format !== null && "validate" in format) return textCheck(format.validate);
  return () => true;
}
