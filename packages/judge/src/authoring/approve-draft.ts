import { cp, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Problem } from "@dojang/model";
import { makeFolders } from "@dojang/runtime";
import type { Exercise } from "../contract.ts";
import { loadExercise } from "../exercise/load-exercise.ts";
import { type MadeFile, madeFileName, madeFileText, readMadeFile } from "../exercise/made-file.ts";
import { readDraft } from "./draft-shelf.ts";

export interface ApprovableDraft {
  readonly exercise: Exercise;
  readonly made: MadeFile & { readonly proof: NonNullable<MadeFile["proof"]> };
}

/** A draft that a person may let pass: proven, and as it was when it was proven. Anything else is a Problem. */
export async function takeApprovable(folder: string): Promise<ApprovableDraft> {
  const draft = await readDraft(resolve(folder));
  if (draft === undefined)
    throw new Problem({
      code: "draft-none",
      exit: "configuration",
      message: `${folder} is no draft: it has no ${madeFileName}`,
      fix: "name a folder that dojang-judge drafts lists",
      place: { file: folder },
    });
  const { made } = draft;
  if (made.state === "approved")
    throw refused(
      folder,
      "draft-approved",
      `it was approved already, by ${made.approved?.by ?? "somebody"}`,
      "there is nothing left to do",
    );
  if (made.state === "dropped" || made.proof === undefined)
    throw refused(
      folder,
      "draft-unproven",
      `it is not proven: ${made.dropped?.reason ?? "there is no proof"}`,
      "make another one, or repair it by hand and take away made.yml: it is then your own exercise",
    );
  if (draft.changed)
    throw refused(folder, "draft-changed", "its files are not those that were proven", "prove it as it is now: dojang-judge prove FOLDER");
  return { exercise: await loadExercise(draft.folder), made: { ...made, proof: made.proof } };
}

export interface ApproveOptions {
  readonly folder: string;
  readonly into: string;
  readonly by: string;
  readonly at: Date;
}

/** Moves a draft to the exercises, with who let it pass and when. An exercise that is there is never written over. */
export async function approveDraft({ folder, into, by, at }: ApproveOptions): Promise<string> {
  const { exercise, made } = await takeApprovable(folder);
  const name = by.trim();
  if (name === "" || name.length > 200 || /[\p{Cc}\p{Cf}]/u.test(name))
    throw new Problem({
      code: "approve-by",
      exit: "configuration",
      message: `--by has to be the name of a person, got ${JSON.stringify(by.slice(0, 100))}`,
      fix: "give the name of the one who has looked at it",
    });
  const draft = resolve(folder);
  const target = join(resolve(into), exercise.id);
  const approved: MadeFile = { ...made, state: "approved", approved: { by: name, at: at.toISOString() } };
  if (await isThere(target)) {
    // A former try that was killed after this exercise had been put there.
    if ((await readMadeFile(target).catch(() => undefined))?.order !== made.order)
      throw refused(
        target,
        "approve-exists",
        `there is an exercise ${exercise.id} already`,
        "rename the draft's folder and its id, prove it again, and approve it then",
      );
  } else {
    const whole = join(resolve(into), `.${exercise.id}.approving`);
    await rm(whole, { recursive: true, force: true });
    await makeFolders(resolve(into));
    await cp(draft, whole, { recursive: true });
    await writeFile(join(whole, madeFileName), madeFileText(approved));
    await rename(whole, target);
  }
  const trace = join(dirname(draft), "approved", exercise.id);
  await mkdir(trace, { recursive: true });
  await writeFile(join(trace, madeFileName), madeFileText(approved));
  await rm(draft, { recursive: true });
  return target;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function refused(...[file, code, message, fix]: [file: string, code: string, message: string, fix: string]): Problem {
  return new Problem({ code, exit: "refused", message: `${file}: ${message}`, fix, place: { file } });
}
