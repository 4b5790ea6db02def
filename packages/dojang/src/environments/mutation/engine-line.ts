import { z } from "zod";

/** What an engine tells, one line of JSON each; written inside the environment, so nothing of it is taken on trust. */
const text = z.string().max(10_000);
const count = z.number().int().min(0).max(10_000_000);
const lines = z.array(text).max(50);

const engineLine = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("started"), engine: text, runner: text }),
  z.object({ kind: z.literal("baseline"), tests: count, durationMs: z.number().min(0) }),
  z.object({ kind: z.literal("planned"), found: count, chosen: count, ignored: count.default(0) }),
  z.object({
    kind: z.literal("mutant"),
    status: z.enum(["killed", "survived", "timeout", "no-coverage", "error"]),
    file: text,
    line: z.number().int().min(1),
    column: z.number().int().min(0),
    operator: text,
    before: lines,
    after: lines,
    tests: lines,
    testCount: count,
    killedBy: text.optional(),
    reason: text.optional(),
  }),
  z.object({ kind: z.literal("failed"), code: text, message: text, details: lines, fix: text.optional() }),
  z.object({ kind: z.literal("done"), stopped: z.boolean() }),
]);

export type EngineLine = z.output<typeof engineLine>;

/** Undefined for what is none of an engine's lines. */
export function readEngineLine(line: string): EngineLine | undefined {
  try {
    return engineLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
