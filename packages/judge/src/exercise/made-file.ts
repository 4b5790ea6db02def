import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { parse, stringify } from "yaml";
import { z } from "zod";

/** made.yml, in the folder of an exercise that a model has written: by what, for how much, what is proven of it, and who let it pass. */
export const madeFileName = "made.yml";

const spent = z.strictObject({
  calls: z.number(),
  input: z.number(),
  output: z.number(),
  uncertainCalls: z.number(),
  usd: z.number().optional(),
});

export const madeFileSchema = z.strictObject({
  state: z.enum(["proven", "dropped", "approved"]),
  /** Hash of what was ordered: the same order again is not made twice. */
  order: z.string(),
  title: z.strictObject({ ko: z.string(), en: z.string() }).optional(),
  by: z.strictObject({
    provider: z.string(),
    model: z.string(),
    topic: z.string(),
    prompts: z.array(z.strictObject({ name: z.string(), version: z.number(), hash: z.string() })),
    price: z.strictObject({ input: z.number(), output: z.number(), from: z.string() }).optional(),
  }),
  /** Tokens, and US dollars. */
  spent,
  repairs: z.array(z.strictObject({ found: z.array(z.string()) })).describe("What was wrong with each candidate that was sent back."),
  proof: z
    .strictObject({
      /** Hash of all files but this one. */
      content: z.string(),
      knownTests: z.number(),
      variants: z.number(),
      agreeing: z.number().describe("Generated inputs on which the second solution behaves as the reference."),
      inputs: z.number(),
      secondSolution: z.string().describe("Written from the statement alone."),
    })
    .optional(),
  dropped: z
    .strictObject({
      reason: z.string(),
      findings: z.array(z.string()),
      secondSolution: z.string().optional(),
      content: z.string().optional().describe("Hash of all files but this one: what a person has changed is not thrown away."),
    })
    .optional(),
  approved: z.strictObject({ by: z.string(), at: z.string() }).optional(),
});
export type MadeFile = z.infer<typeof madeFileSchema>;

/** Nothing when there is none: a person wrote the exercise. */
export async function readMadeFile(folder: string): Promise<MadeFile | undefined> {
  const file = join(folder, madeFileName);
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  const parsed = madeFileSchema.safeParse(found.isFile() ? parseYaml(await readFile(file, "utf8")) : undefined);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "it is no YAML" };
  throw new Problem({
    code: "exercise-made",
    exit: "configuration",
    message: `it does not say how the exercise was made: ${path.join(".")} ${message}`,
    fix: "bring back the file as dojang-judge make wrote it; remove it only if a person has written the exercise anew",
    place: { file },
  });
}

export function madeFileText(made: MadeFile): string {
  return stringify(made, { lineWidth: 0 });
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
