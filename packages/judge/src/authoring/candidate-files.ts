import { stringify } from "yaml";
import type { Language, ProgramFiles } from "../contract.ts";
import { applyEdits, type Candidate } from "./candidate.ts";

export const programFile: Readonly<Record<Language, string>> = { python: "solution.py", typescript: "solution.ts" };

const names = {
  python: { known: "test_known.py", starter: "test_starter.py", generator: "generate.py" },
  typescript: { known: "known.test.ts", starter: "starter.test.ts", generator: "generate.ts" },
} as const;

/** Pure: the files of an exercise's folder, from a candidate without flaws. Every name is ours: a model names no path. */
export function candidateFiles(candidate: Candidate, { id, lang }: { readonly id: string; readonly lang: Language }): ProgramFiles {
  const { level, title, learn, statement, reference, decoys, variants } = candidate;
  const own = names[lang];
  const files: Record<string, string> = {
    "exercise.yml": stringify({ id, lang, level, title, learn, seed: 1 }),
    "statement.ko.md": ended(statement.ko),
    "statement.en.md": ended(statement.en),
    [`reference/${programFile[lang]}`]: ended(reference),
    [`tests/known/${own.known}`]: ended(candidate.knownTests),
    [`starter/${own.starter}`]: ended(candidate.starter),
    [own.generator]: ended(candidate.generator),
  };
  for (const decoy of decoys) files[`decoys/${decoy.id}/${programFile[lang]}`] = ended(decoy.program);
  for (const { id: variant, edits, why } of variants) {
    const edited = applyEdits(reference, edits);
    if ("flaw" in edited) throw new Error(`${variant} was not looked at: ${edited.flaw}`);
    files[`variants/${variant}/src/${programFile[lang]}`] = ended(edited.text);
    files[`variants/${variant}/why.ko.md`] = ended(why.ko);
    files[`variants/${variant}/why.en.md`] = ended(why.en);
  }
  return files;
}

const ended = (text: string) => `${text.trimEnd()}\n`;
