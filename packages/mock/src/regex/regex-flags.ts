import type { Folding } from "./case-folding.ts";
import type { PropertyMode } from "./char-properties.ts";

/** Java's embedded flags, in force at a place of a pattern. */
export interface RegexFlags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly unixLines: boolean;
  readonly unicodeCase: boolean;
  readonly unicodeClasses: boolean;
  readonly comments: boolean;
}

export function foldingOf(flags: RegexFlags): Folding {
  if (!flags.ignoreCase) return "none";
  return flags.unicodeCase ? "unicode" : "ascii";
}

export function propertyModeOf(flags: RegexFlags): PropertyMode {
  return { unicodeClasses: flags.unicodeClasses, ignoreCase: flags.ignoreCase };
}

/** One letter of `(?imsxduU-…)` switched on or off; undefined for a letter that is no flag. */
export function withFlag(flags: RegexFlags, letter: string, on: boolean): RegexFlags | undefined {
  switch (letter) {
    case "i":
      return { ...flags, ignoreCase: on };
    case "m":
      return { ...flags, multiline: on };
    case "s":
      return { ...flags, dotAll: on };
    case "d":
      return { ...flags, unixLines: on };
    case "u":
      return { ...flags, unicodeCase: on };
    case "U":
      return { ...flags, unicodeClasses: on, unicodeCase: on };
    case "x":
      return { ...flags, comments: on };
    default:
      return undefined;
  }
}
