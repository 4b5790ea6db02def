import { z } from "zod";
import type { RunOutcome } from "../contract.ts";

/** Each of them is told by name. */
export const mostTests = 2_000;
const messageLength = 2_000;

/** What a guest says of its own run: a stranger's words, so everything has a limit. */
export const reportSchema = z.object({
  tests: z
    .array(
      z.object({
        name: z.string().transform((name) => name.slice(0, 200)),
        outcome: z.enum(["passed", "failed", "skipped"]),
        by: z.enum(["assertion", "error"]).optional(),
        message: z
          .string()
          .transform((text) => text.slice(0, messageLength))
          .optional(),
        line: z
          .number()
          .int()
          .nullish()
          .transform((line) => line ?? undefined),
        durationMs: z.number().nonnegative(),
      }),
    )
    .max(mostTests),
  unloadable: z
    .string()
    .nullish()
    .transform((text) => text?.slice(0, messageLength)),
});

export type RunReport = z.infer<typeof reportSchema>;

/** Of what a guest reports, whatever it is: the runners count what is collected, and this what tests made while they ran. */
export function tooManyTests(report: unknown): string | undefined {
  if (typeof report !== "object" || report === null || !("tests" in report) || !Array.isArray(report.tests)) return undefined;
  const count = report.tests.length;
  if (count <= mostTests) return undefined;
  return `there are ${count} tests, and no more than ${mostTests} are run: leave some out, or let one test look at several values`;
}

export function toOutcome(report: RunReport, numbers: Pick<RunOutcome, "output" | "wallMs" | "memoryBytes">): RunOutcome {
  if (report.unloadable !== undefined) return { end: "unloadable", tests: report.tests, message: report.unloadable, ...numbers };
  return { end: "finished", tests: report.tests, ...numbers };
}
