import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Exercise, loadExercise } from "@dojang/judge";
import { nameAdvice, Problem } from "@dojang/model";

const shipped = resolve(import.meta.dirname, "../../../../exercises");

/** Where exercises are: as the command says, else DOJANG_EXERCISES, else those that come with Dojang. */
export function shelfFolder(asked: string | undefined, environment: Readonly<Record<string, string | undefined>>): string {
  return resolve(asked ?? (environment.DOJANG_EXERCISES || shipped));
}

export interface Shelf {
  readonly exercises: readonly Exercise[];
  /** Folders that hold no valid exercise. */
  readonly broken: readonly Problem[];
}

const levels: readonly Exercise["level"][] = ["easy", "medium", "hard"];

/** All exercises of a folder in the order in which they are learned, easy ones first; none that a model wrote and nobody has approved. */
export async function readShelf(folder: string): Promise<Shelf> {
  const ids = await exerciseIds(folder);
  const loaded = await Promise.allSettled(ids.map((id) => loadExercise(join(folder, id))));
  const exercises = loaded.flatMap((one) => (one.status === "fulfilled" && !one.value.unapproved ? [one.value] : []));
  const broken = loaded.flatMap((one): readonly Problem[] => {
    if (one.status === "fulfilled") return [];
    if (one.reason instanceof Problem) return [one.reason];
    throw one.reason;
  });
  exercises.sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level) || placeOf(a) - placeOf(b) || (a.id < b.id ? -1 : 1));
  return { exercises, broken };
}

const placeOf = ({ order }: Exercise) => order ?? Number.MAX_SAFE_INTEGER;

export async function takeExercise(folder: string, id: string): Promise<Exercise> {
  const ids = await exerciseIds(folder);
  if (ids.includes(id)) {
    const exercise = await loadExercise(join(folder, id));
    if (!exercise.unapproved) return exercise;
    throw new Problem({
      code: "practice-unapproved",
      message: `nobody has approved the exercise "${id}" yet, which a model wrote`,
      fix: `look at it and let it pass: dojang-judge approve ${join(folder, id)} --into FOLDER --by NAME`,
      exit: "refused",
      place: { file: join(folder, id) },
    });
  }
  throw new Problem({
    code: "practice-no-exercise",
    message: `there is no exercise "${id.slice(0, 100)}" in ${folder}`,
    fix: `${adviceOn(id, ids)} (dojang practice list shows all)`,
    exit: "configuration",
    place: { file: folder },
  });
}

/** Learners write a part of a name more often than they mistype it. */
function adviceOn(id: string, ids: readonly string[]): string {
  const [only, ...more] = id === "" ? [] : ids.filter((one) => one.includes(id.toLowerCase()));
  return only !== undefined && more.length === 0 ? `did you mean "${only}"?` : nameAdvice(id, ids, "exercises");
}

async function exerciseIds(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const ids = entries.filter((one) => one.isDirectory() && !one.name.startsWith(".")).map((one) => one.name);
  if (ids.length > 0) return ids.sort();
  throw new Problem({
    code: "practice-no-exercises",
    message: `there are no exercises in ${folder}`,
    fix: "name the folder that holds them: --exercises FOLDER, or DOJANG_EXERCISES",
    exit: "configuration",
    place: { file: folder },
  });
}
