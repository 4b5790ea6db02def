import { z } from "zod";
import { scalarText } from "./names.ts";

const mostCombinations = 64;

/** Every combination of the values makes a job of its own. */
export const strategy = z
  .strictObject({
    matrix: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "must be a name of letters, digits and '_'" }),
        z.array(scalarText).min(1, { error: "must have at least one value" }).max(mostCombinations),
      )
      .superRefine((matrix, context) => {
        const count = Object.values(matrix).reduce((product, values) => product * values.length, 1);
        if (count <= mostCombinations) return;
        context.addIssue({
          code: "custom",
          message: `makes ${count} jobs, at most ${mostCombinations} are allowed`,
          params: { fix: "give the matrix fewer values" },
        });
      })
      .describe(
        "Name -> values. Steps get each as the variable `DOJANG_MATRIX_<NAME>`; the name `environment` also sets the job's `environment`.",
      ),
    "fail-fast": z.boolean().default(false).describe("The first failure cancels the other combinations."),
  })
  .transform(({ matrix, "fail-fast": failFast }) => ({ matrix, failFast }));

/** All combinations, the first name varying slowest. No matrix has one empty combination. */
export function matrixCombinations(matrix: Readonly<Record<string, readonly string[]>> | undefined): Readonly<Record<string, string>>[] {
  let combinations: Readonly<Record<string, string>>[] = [{}];
  for (const [key, values] of Object.entries(matrix ?? {})) {
    combinations = combinations.flatMap((combination) => values.map((value) => ({ ...combination, [key]: value })));
  }
  return combinations;
}

/** `config (staging)`: how a job of a matrix is named; without a combination, the job's own name. */
export function matrixJobName(job: string, combination: Readonly<Record<string, string>>): string {
  const values = Object.values(combination);
  return values.length === 0 ? job : `${job} (${values.join(", ")})`;
}
