import { type Language, type Verdict, verdicts } from "../../src/contract.ts";

/** A number from 0 to 1, the same ones for the same seed. */
export type Random = () => number;

/** Something hostile or broken: lines that do it, each time a little otherwise. */
export interface Attack {
  readonly kind: string;
  /** What its submission may be told when it attacks in a test, whatever the program. */
  readonly allowed: readonly Verdict[];
  /** Lines of code. `text` instead is a whole submission. */
  readonly lines?: (random: Random) => string;
  readonly text?: (random: Random) => string;
}

export interface HostileSubmission {
  readonly lang: Language;
  readonly kind: string;
  readonly text: string;
  readonly allowed: readonly Verdict[];
}

/** Of a submission that catches nothing: neither that all is well nor that the judge failed. */
export const anyRefusal: readonly Verdict[] = verdicts.filter((one) => one !== "accepted" && one !== "internal");

export const pick = <Value>(random: Random, ...all: readonly [Value, ...Value[]]): Value =>
  all[Math.floor(random() * all.length)] ?? all[0];

export const between = (random: Random, least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
