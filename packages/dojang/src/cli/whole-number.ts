import { Problem } from "@dojang/model";

export interface NumberLimits {
  readonly least: number;
  readonly most: number;
  /** As it would be written. */
  readonly example: string;
}

/** Reads the value of a flag that counts something; anything else than such a number is told with what was expected. */
export function wholeNumber(flag: string, { least, most, example }: NumberLimits): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new Problem({
      code: "number-invalid",
      message: `${flag} is a whole number from ${least} to ${most}, got "${text.slice(0, 60)}"`,
      fix: `write for example: ${example}`,
      exit: "configuration",
    });
  };
}
