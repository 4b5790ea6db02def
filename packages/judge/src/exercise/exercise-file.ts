import { z } from "zod";

const texts = z
  .strictObject({ ko: z.string().min(1).describe("In Korean."), en: z.string().min(1).describe("In English.") })
  .describe("The same in both languages.");

const idPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** exercise.yml. Defaults are here and nowhere else. */
export const exerciseFileSchema = z
  .strictObject({
    id: z.string().regex(idPattern, "has to be words of small letters and digits, joined by -").describe("The folder's name."),
    lang: z.enum(["python", "typescript"]).describe("What programs and tests are written in: pytest, or node:test and vitest."),
    level: z.enum(["easy", "medium", "hard"]),
    order: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe("Where it stands among those of its level; behind all others when it is not said."),
    title: texts,
    learn: texts.describe("What one learns from it, in a sentence."),
    limits: z
      .strictObject({
        timeMs: z
          .number()
          .int()
          .min(100)
          .max(60_000)
          .default(3_000)
          .describe("Of one run of all tests on one program: wall time, without waits for a processor."),
        memoryMb: z.number().int().min(32).max(4_096).default(256),
        outputKb: z.number().int().min(1).max(10_240).default(1_024).describe("Of standard output and error together."),
        processes: z.number().int().min(4).max(512).default(32),
        diskMb: z.number().int().min(1).max(512).default(16).describe("Of the memory file system that tests may write to."),
      })
      .prefault({})
      .describe("Of each run."),
    weights: z
      .record(z.string().regex(idPattern), z.number().positive().max(100))
      .default({})
      .describe("What killing a variant counts; 1 for those that are not named."),
    seed: z.number().int().nonnegative().default(1).describe("Of the orders and inputs that `check` makes."),
    draft: z
      .boolean()
      .default(false)
      .describe("Decoys and the generator may be missing, which `check` then says instead of refusing it; `import` makes drafts."),
    generator: z.string().optional().describe("The file that makes inputs; generate.py or generate.ts when nothing is said."),
  })
  .describe("An exercise: a program, the same with one bug each, and what there is to learn.");

export type ExerciseFile = z.infer<typeof exerciseFileSchema>;
