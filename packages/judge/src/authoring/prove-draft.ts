import { rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Problem } from "@dojang/model";
import type { Language } from "../contract.ts";
import type { Engine } from "../engines/engine.ts";
import { loadExercise } from "../exercise/load-exercise.ts";
import { type MadeFile, madeFileName, madeFileText } from "../exercise/made-file.ts";
import { programFile } from "./candidate-files.ts";
import { compareSolutions } from "./compare-solutions.ts";
import { contentHash, liftDropped, readDraft } from "./draft-shelf.ts";
import type { Finding } from "./finding.ts";
import { proveExercise } from "./prove-exercise.ts";

export interface ProveDraftOptions {
  readonly folder: string;
  readonly openEngine: (lang: Language) => Promise<Engine>;
  readonly signal: AbortSignal;
}

export interface ReprovenDraft {
  readonly id: string;
  /** Where it lies now. */
  readonly folder: string;
  readonly findings: readonly Finding[];
}

/** A draft that a person has changed is proven anew, with the second solution that is there: no model is asked. When it does not hold, nothing of it changes; a dropped one that holds now is a draft like others. */
export async function proveDraft({ folder, openEngine, signal }: ProveDraftOptions): Promise<ReprovenDraft> {
  const draft = await readDraft(resolve(folder));
  const second = draft?.made.proof?.secondSolution ?? draft?.made.dropped?.secondSolution;
  if (draft === undefined || draft.made.state === "approved" || second === undefined)
    throw new Problem({
      code: "draft-none",
      exit: "configuration",
      message: `${folder} is no draft with a second solution`,
      fix: "name a folder that dojang-judge drafts lists; dojang-judge check proves any other exercise",
      place: { file: folder },
    });
  const { lang } = await loadExercise(draft.folder);
  const engine = await openEngine(lang);
  try {
    const content = await contentHash(draft.folder);
    const proven = await proveExercise({ folder: draft.folder, engine, signal });
    if (proven.findings.length > 0 || proven.exercise === undefined)
      return { id: draft.id, folder: draft.folder, findings: proven.findings };
    const compared = await compareSolutions({ exercise: proven.exercise, second: { [programFile[lang]]: second }, engine, signal });
    if (compared.findings.length > 0) return { id: draft.id, folder: draft.folder, findings: compared.findings };
    const { agreeing, inputs } = compared;
    const { dropped: _, ...rest } = draft.made;
    const proof = {
      content,
      knownTests: proven.knownTests,
      variants: proven.exercise.variants.length,
      agreeing,
      inputs,
      secondSolution: second,
    };
    const made: MadeFile = { ...rest, state: "proven", title: proven.exercise.title, proof };
    const file = join(draft.folder, madeFileName);
    await writeFile(`${file}.part`, madeFileText(made));
    await rename(`${file}.part`, file);
    return { id: draft.id, folder: await liftDropped(draft.folder), findings: [] };
  } finally {
    await engine.close();
  }
}
