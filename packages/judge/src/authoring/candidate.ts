import { z } from "zod";
import type { Finding } from "./finding.ts";

/**
 * What a model is asked for. The schemas hold nothing but shapes, for each vendor leaves out other keywords of JSON Schema; what else has to
 * hold is `candidateFlaws`. Variants are edits of the reference: a bug is then one change, and half of the tokens are saved.
 */
const texts = z.object({ ko: z.string().describe("In Korean."), en: z.string().describe("In English.") });

export const candidateSchema = z.object({
  id: z.string().describe("Two to four words of small letters and digits, joined by -."),
  level: z.enum(["easy", "medium", "hard"]),
  title: texts,
  learn: texts.describe("What one learns about testing, in a sentence."),
  statement: texts.describe("All that the program has to do, as Markdown, with the signature of what tests call."),
  reference: z.string().describe("The correct program: one file."),
  decoys: z.array(
    z.object({
      id: z.string(),
      program: z.string().describe("The whole file: the same behaviour by other code, with other names inside."),
    }),
  ),
  variants: z.array(
    z.object({
      id: z.string().describe("What is wrong, in small letters joined by -."),
      edits: z
        .array(
          z.object({
            find: z.string().describe("Text that occurs once in the reference."),
            put: z.string().describe("What takes its place."),
          }),
        )
        .describe("Make the reference a program with one bug."),
      why: texts.describe("Why that bug matters, for one who has caught it."),
    }),
  ),
  knownTests: z.string().describe("One file of tests that pass on the reference and catch every variant by an assertion."),
  starter: z.string().describe("One file with one test that passes, to begin with."),
  generator: z.string().describe("One file with generate(random) and observe(solution, input)."),
});
export type Candidate = z.infer<typeof candidateSchema>;

export const secondSolutionSchema = z.object({
  solution: z.string().describe("The program: one file."),
  contradictions: z.array(z.string()).describe("Where the Korean and the English statement say different things; none when they agree."),
});

const idPattern = /^[a-z0-9]+(-[a-z0-9]+){0,5}$/;
const fewestDecoys = 2;
const fewestVariants = 6;
const mostVariants = 20;
const textLimit = 64 * 1024;

/** Pure: what is wrong with an answer of the right shape, before anything of it is written or run. */
export function candidateFlaws(candidate: Candidate): readonly Finding[] {
  const flaws: Finding[] = [];
  const flaw = (place: string, message: string) => flaws.push({ place, message });
  const { id, decoys, variants, reference } = candidate;
  if (!idPattern.test(id) || id.length > 50)
    flaw("id", `it has to be a few words of small letters and digits joined by -, got ${JSON.stringify(id.slice(0, 80))}`);
  if (decoys.length < fewestDecoys) flaw("decoys", `there are ${decoys.length}: ${fewestDecoys} or more are wanted`);
  if (decoys.length > mostVariants) flaw("decoys", `there are ${decoys.length}: ${mostVariants} is the most`);
  if (variants.length < fewestVariants || variants.length > mostVariants)
    flaw("variants", `there are ${variants.length}: from ${fewestVariants} to ${mostVariants} are wanted`);
  for (const [name, list] of [
    ["decoys", decoys],
    ["variants", variants],
  ] as const) {
    const seen = new Set<string>();
    for (const [index, one] of list.entries()) {
      const place = `${name}[${index}]`;
      if (!idPattern.test(one.id) || one.id.length > 50)
        flaw(`${place}.id`, `it has to be words of small letters joined by -, got ${JSON.stringify(one.id.slice(0, 80))}`);
      if (seen.has(one.id)) flaw(`${place}.id`, `there are two of the name ${one.id}`);
      seen.add(one.id);
    }
  }
  for (const decoy of decoys)
    if (decoy.program.trim() === reference.trim()) flaw(`decoys/${decoy.id}`, "it is the reference, word for word");
  for (const variant of variants) {
    const edited = applyEdits(reference, variant.edits);
    if ("flaw" in edited) flaw(`variants/${variant.id}`, edited.flaw);
  }
  for (const [place, text] of textsOf(candidate)) {
    if (text.trim() === "") flaw(place, "it is empty");
    if (text.length > textLimit) flaw(place, `it has ${text.length} characters: ${textLimit} is the most`);
  }
  return flaws;
}

export function applyEdits(
  reference: string,
  edits: Candidate["variants"][number]["edits"],
): { readonly text: string } | { readonly flaw: string } {
  if (edits.length === 0) return { flaw: "it has no edits: it would be the reference" };
  let text = reference;
  for (const [index, { find, put }] of edits.entries()) {
    const count = find === "" ? 0 : text.split(find).length - 1;
    if (count !== 1)
      return {
        flaw: `edits[${index}].find occurs ${count} times in the reference, and has to occur once: ${JSON.stringify(find.slice(0, 200))}`,
      };
    // A function, for in a text $& would mean what was found.
    text = text.replace(find, () => put);
  }
  return text === reference ? { flaw: "its edits change nothing" } : { text };
}

function textsOf({
  title,
  learn,
  statement,
  reference,
  decoys,
  variants,
  knownTests,
  starter,
  generator,
}: Candidate): readonly (readonly [string, string])[] {
  const both = (place: string, { ko, en }: Candidate["title"]) =>
    [
      [`${place}.ko`, ko],
      [`${place}.en`, en],
    ] as const;
  return [
    ...both("title", title),
    ...both("learn", learn),
    ...both("statement", statement),
    ["reference", reference],
    ["knownTests", knownTests],
    ["starter", starter],
    ["generator", generator],
    ...decoys.map((one) => [`decoys/${one.id}`, one.program] as const),
    ...variants.flatMap((one) => both(`variants/${one.id}.why`, one.why)),
  ];
}
