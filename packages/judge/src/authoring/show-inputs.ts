import { z } from "zod";
import { type ShownInput, showingTests } from "../checking/observe-program.ts";
import type { Exercise, ProgramFiles, SourceFile } from "../contract.ts";
import type { Engine } from "../engines/engine.ts";

export interface ShowOptions {
  readonly exercise: Exercise;
  readonly generator: SourceFile;
  readonly files: ProgramFiles;
  readonly numbers: readonly number[];
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

/** What a message of a test has room for. */
export const mostShown = 3;

const shownSchema = z.array(z.object({ number: z.number(), input: z.string(), seen: z.string() }));

/** What generated inputs are, and what is observed with them, in words: `check` compares digests, and a person wants to see. Nothing when the program says something else. */
export async function showInputs({ exercise, generator, files, numbers, engine, signal }: ShowOptions): Promise<readonly ShownInput[]> {
  const tests = showingTests(exercise, generator, numbers.slice(0, mostShown));
  const lane = await engine.open({ tests, limits: exercise.limits, signal });
  if ("unreadable" in lane) throw new Error(`our own tests cannot be read: ${lane.unreadable.message}`);
  try {
    const outcome = await lane.run({ ...files, [generator.name]: generator.text });
    const said = /shown (\[.*\])/s.exec(outcome.tests[0]?.message ?? "")?.[1];
    return said === undefined ? [] : (shownSchema.safeParse(JSON.parse(said)).data ?? []);
  } catch (error) {
    // A guest's words that are no JSON.
    if (error instanceof SyntaxError) return [];
    throw error;
  } finally {
    await lane.close();
  }
}
