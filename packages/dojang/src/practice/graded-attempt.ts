import type { Exercise, Judgement, RunEnd, TestResult, Verdict } from "@dojang/judge";
import type { SpokenLanguage } from "./practice-words.ts";

/** What a learner may know of a judgement: nothing of a variant that was never caught but that there is one. */
export interface GradedAttempt {
  readonly exercise: string;
  readonly verdict: Verdict;
  /** From 0 to 1. */
  readonly score: number;
  /** The judge's own words, in English, with names and messages of the learner's tests. */
  readonly explanation: string;
  readonly tests: readonly TestResult[];
  /** By this attempt or an earlier one. */
  readonly caught: readonly CaughtVariant[];
  /** How many variants no attempt has caught. */
  readonly hidden: number;
  readonly idleTests: readonly string[];
}

export interface CaughtVariant {
  readonly id: string;
  readonly why: string;
  /** False when an earlier attempt did, and this one does not. */
  readonly now: boolean;
  readonly killedBy: readonly string[];
  readonly end?: RunEnd;
}

export interface GradeOptions {
  readonly exercise: Exercise;
  readonly judgement: Judgement;
  /** Ids of what earlier attempts caught. */
  readonly earlier: readonly string[];
  readonly lang: SpokenLanguage;
}

/** Pure: what was judged, and what was caught before -> what is shown. */
export function gradeAttempt({ exercise, judgement, earlier, lang }: GradeOptions): GradedAttempt {
  const killed = killedIds(judgement);
  const unlocked = exercise.variants.filter(({ id }) => killed.includes(id) || earlier.includes(id));
  const caught = unlocked.map(({ id, why }): CaughtVariant => {
    const result = killed.includes(id) ? judgement.variants.find((one) => one.id === id) : undefined;
    return { id, why: why[lang].trim(), now: result !== undefined, killedBy: result?.killedBy ?? [], end: result?.end };
  });
  const { verdict, score, explanation, tests, idleTests } = judgement;
  const counts = isCounted(judgement);
  const hidden = exercise.variants.length - caught.length;
  return { exercise: exercise.id, verdict, score, explanation, tests, caught, hidden, idleTests: counts ? idleTests : [] };
}

/** Tests that fail on what is right fail on everything: they unlock nothing. */
export function killedIds(judgement: Judgement): readonly string[] {
  return isCounted(judgement) ? judgement.variants.filter((one) => one.killed).map((one) => one.id) : [];
}

function isCounted({ verdict }: Judgement): boolean {
  return verdict === "accepted" || verdict === "survivors";
}
