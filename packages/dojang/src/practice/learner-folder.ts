import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Exercise, readSubmission, type SourceFile, spokenLanguages } from "@dojang/judge";
import { Problem } from "@dojang/model";
import { makeFolders } from "@dojang/runtime";
import { z } from "zod";

/**
 * A learner's folder: the statement, one file of tests to go on with, and a note of which exercise it is. No program is in it:
 * tests are written from the statement, and what they import is there when the judge runs them.
 */
const noteName = ".dojang-practice.json";
const noteSchema = z.object({ exercise: z.string(), tests: z.string().regex(/^[^/\\]+$/), lang: z.enum(spokenLanguages) });

export type PracticeNote = z.infer<typeof noteSchema>;

export interface StartOptions {
  readonly exercise: Exercise;
  readonly folder: string;
  readonly lang: PracticeNote["lang"];
}

/** Gives the names of the files it wrote. Refuses a folder that holds anything. */
export async function startFolder({ exercise, folder, lang }: StartOptions): Promise<readonly string[]> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error && found.code !== "ENOENT") throw notAFolder(folder, found);
  if (!(found instanceof Error) && found.length > 0) throw notEmpty({ folder, first: found[0] ?? "", exercise: exercise.id });
  await makeFolders(folder).catch((error: Error) => {
    throw notAFolder(folder, error);
  });
  const note: PracticeNote = { exercise: exercise.id, tests: exercise.starter.name, lang };
  const files = {
    "statement.md": exercise.statement[lang],
    [exercise.starter.name]: exercise.starter.text,
    [noteName]: `${JSON.stringify(note)}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { flag: "wx" });
  return ["statement.md", exercise.starter.name];
}

export async function readNote(folder: string): Promise<PracticeNote> {
  const file = join(folder, noteName);
  const text = await readFile(file, "utf8").catch(() => undefined);
  const note = noteSchema.safeParse(text === undefined ? undefined : parse(text));
  if (note.success) return note.data;
  throw new Problem({
    code: "practice-not-started",
    message: text === undefined ? `no exercise was started in ${folder}` : `${file} does not say which exercise this is`,
    fix: "go into the folder of one, or begin: dojang practice start EXERCISE (dojang practice list shows them)",
    exit: "configuration",
    place: { file: folder },
  });
}

export async function readTests(folder: string, { tests, exercise }: PracticeNote): Promise<SourceFile> {
  const file = join(folder, tests);
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined) return await readSubmission(file);
  throw new Problem({
    code: "practice-no-tests",
    message: `${file} is not there: it is where the tests of ${exercise} are read from`,
    fix: `write it again, or take a new beginning: dojang practice start ${exercise} NEW-FOLDER`,
    exit: "configuration",
    place: { file },
  });
}

function notEmpty({ folder, first, exercise }: { folder: string; first: string; exercise: string }): Problem {
  return new Problem({
    code: "practice-folder-not-empty",
    message: `${folder} is not empty (${first} is in it), and nothing of it is overwritten`,
    fix: `name another folder: dojang practice start ${exercise} FOLDER; to go on with what is there: dojang practice test ${folder}`,
    exit: "refused",
    place: { file: folder },
  });
}

function notAFolder(folder: string, cause: Error): Problem {
  return new Problem({
    code: "practice-folder",
    message: `${folder} cannot be used as a folder`,
    fix: "name a folder that is empty, or not there yet",
    exit: "configuration",
    place: { file: folder },
    cause,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
