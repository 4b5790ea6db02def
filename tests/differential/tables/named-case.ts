import { type Step, type StubCase, stepsOf } from "../cases.ts";

/** A case with a title of its own: one test. */
export interface NamedCase {
  readonly title: string;
  readonly steps: readonly Step[];
}

export function stubbed(title: string, stubCase: StubCase): NamedCase {
  return { title, steps: stepsOf(stubCase) };
}
