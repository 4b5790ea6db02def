import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { type Finding, Problem } from "@dojang/model";
import { makeFolders } from "@dojang/runtime";
import { checkExercise } from "../checking/check-exercise.ts";
import type { Exercise, Language } from "../contract.ts";
import type { Engine } from "../engines/engine.ts";
import { loadExercise } from "../exercise/load-exercise.ts";
import { exerciseFiles } from "./exercise-files.ts";
import { type ImportPatterns, type PlannedImport, planImport } from "./plan-import.ts";

/**
 * A collection in any layout -> folders of exercises. Each is written and then proven where it lies; a variant that does not hold is taken
 * out with the reason, and an exercise that does not hold is removed again. What was in the target before is never touched.
 */
export interface ImportOptions {
  readonly folder: string;
  readonly into: string;
  readonly patterns: ImportPatterns;
  readonly lang: Language;
  readonly level: Exercise["level"];
  /** With {name}; the correct program's file name unless told. */
  readonly importedAs?: string;
  /** Lines put before the tests: what the collection's own configuration, such as a conftest.py, sets up. */
  readonly before?: string;
  /** Of one run of the tests on one program; the exercise's default unless told. */
  readonly timeMs?: number;
  /** Proves what was written; without it nothing is proven. */
  readonly engine?: Engine;
  readonly signal: AbortSignal;
}

export interface ImportedExercise {
  readonly id: string;
  /** Why there is none. */
  readonly refused?: string;
  readonly folder?: string;
  readonly variants: readonly string[];
  /** Buggy versions that are no variant of it. */
  readonly leftOut: readonly { readonly file: string; readonly reason: string }[];
  /** What is proven less well than it might be, which a draft may have: a variant that no assertion catches, tests that lean on each other. */
  readonly weak: readonly { readonly place: string; readonly reason: string }[];
  /** What a person has still to write. */
  readonly missing: readonly string[];
}

export async function* importCollection(options: ImportOptions): AsyncGenerator<ImportedExercise> {
  const { patterns, folder, into } = options;
  const plans = planImport(await listFiles(folder, into), patterns);
  if (plans.length === 0)
    throw new Problem({
      code: "import-nothing",
      message: `no file of ${folder} matches ${patterns.correct.text}`,
      fix: "give --correct a path below that folder, with {name} for what differs: 'src/{name}.py'",
      exit: "configuration",
      place: { file: folder },
    });
  for (const plan of plans) {
    options.signal.throwIfAborted();
    const target = join(into, plan.id);
    if ("refused" in plan) yield refusedOf(plan.id, plan.refused);
    else if ((await stat(target).catch(() => undefined)) !== undefined) yield refusedOf(plan.id, `${target} is there already`);
    else yield await importOne(options, plan, target);
  }
}

type Plan = Exclude<PlannedImport, { readonly refused: string }>;

async function importOne(options: ImportOptions, plan: Plan, target: string): Promise<ImportedExercise> {
  let kept = false;
  try {
    const imported = await writeAndProve(options, plan, target);
    kept = imported.refused === undefined;
    return imported;
  } finally {
    if (!kept) await rm(target, { recursive: true, force: true });
  }
}

async function writeAndProve(options: ImportOptions, plan: Plan, target: string): Promise<ImportedExercise> {
  const { folder, lang, level, timeMs, before, engine, signal } = options;
  const read = async (file: string) => ({ file, text: await readFile(join(folder, file), "utf8") });
  const [correct, tests, support] = await Promise.all([read(plan.correct), read(plan.tests), Promise.all(plan.support.map(read))]);
  const all = await Promise.all(plan.variants.map(async (one) => ({ ...one, ...(await read(one.file)) })));
  const leftOut: { file: string; reason: string }[] = [];
  const leaveOut = (id: string, reason: string) => {
    leftOut.push({ file: plan.variants.find((one) => one.id === id)?.file ?? id, reason });
  };
  const differing = all.filter(({ id, text }) => {
    if (text !== correct.text) return true;
    leaveOut(id, "it is the correct program, word for word");
    return false;
  });
  const importedAs = (options.importedAs ?? basename(plan.correct)).replaceAll("{name}", plan.name);
  const { id, name } = plan;
  const files = exerciseFiles({ id, name, lang, level, timeMs, correct, tests, variants: differing, support, importedAs, before });
  for (const [path, text] of Object.entries(files)) {
    await makeFolders(dirname(join(target, path)));
    await writeFile(join(target, path), text);
  }
  const proof = await proveVariants({ target, engine, signal, leaveOut });
  const missing = ["two decoys", "a generator", "a statement and reasons in words"];
  return { id, folder: target, leftOut, missing, ...proof };
}

interface Proof {
  readonly target: string;
  readonly engine: Engine | undefined;
  readonly signal: AbortSignal;
  leaveOut(id: string, reason: string): void;
}

/** Takes out what does not hold and looks again, until the rest holds or the fault is not a variant's. Each round takes one out at least. */
async function proveVariants({
  target,
  engine,
  signal,
  leaveOut,
}: Proof): Promise<Pick<ImportedExercise, "refused" | "variants" | "weak">> {
  for (;;) {
    const exercise = await loadExercise(target).catch(asRefusal);
    if (typeof exercise === "string") return { refused: exercise, variants: [], weak: [] };
    const variants = exercise.variants.map((one) => one.id);
    if (engine === undefined) return { variants, weak: [] };
    const checked = await checkExercise({ exercise, engine, signal }).catch(asRefusal);
    if (typeof checked === "string") return { refused: checked, variants: [], weak: [] };
    const { findings } = checked;
    const errors = findings.filter((one) => one.severity === "error");
    const [other] = errors.filter((one) => variantOf(target, one) === undefined);
    if (other !== undefined) return { refused: reasonOf(target, other), variants: [], weak: [] };
    if (errors.length === 0) return { variants, weak: weakOf(target, findings) };
    // Which of two with the same kills is one too many shows only when all that cannot be caught are gone.
    const alone = errors.filter((one) => one.code !== "check-same-kills");
    for (const error of alone.length > 0 ? alone : errors) {
      const id = variantOf(target, error) ?? "";
      await rm(join(target, "variants", id), { recursive: true });
      leaveOut(id, error.message);
    }
    if ((await readdir(join(target, "variants"))).length === 0)
      return { refused: "none of its buggy versions holds as a variant", variants: [], weak: [] };
  }
}

/** What is wrong with the files is this exercise's fault; anything else is not. */
function asRefusal(error: unknown): string {
  if (!(error instanceof Problem) || error.exit !== "configuration") throw error;
  return error.findings.map((one) => `${one.place.file}: ${one.message}`).join("; ") || error.message;
}

function variantOf(target: string, { place }: Finding): string | undefined {
  return /^variants\/([^/]+)/.exec(relative(target, place.file))?.[1];
}

const reasonOf = (target: string, { place, message }: Finding) => `${relative(target, place.file)}: ${message}`;

const refusedOf = (id: string, refused: string): ImportedExercise => ({ id, refused, variants: [], leftOut: [], weak: [], missing: [] });

/** What every draft lacks is said by `missing`. */
function weakOf(target: string, findings: readonly Finding[]): ImportedExercise["weak"] {
  return findings
    .filter(({ code }) => code !== "check-no-decoys" && code !== "check-no-generator")
    .map(({ place, message }) => ({ place: relative(target, place.file), reason: message }));
}

const mostFiles = 50_000;
const notOurs = new Set(["node_modules", ".git", "__pycache__"]);

/** Plain files only, for a link may lead anywhere; and nothing that was imported before. */
async function listFiles(folder: string, into: string): Promise<readonly string[]> {
  const found: string[] = [];
  const waiting = [""];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const entries = await readdir(join(folder, at), { withFileTypes: true }).catch((cause: Error) => {
      throw unreadable(join(folder, at ?? ""), cause);
    });
    for (const entry of entries) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.isFile()) found.push(path);
      else if (entry.isDirectory() && !notOurs.has(entry.name) && join(folder, path) !== into) waiting.push(path);
    }
    if (found.length > mostFiles) throw unreadable(folder, new Error(`it holds more than ${mostFiles} files`));
  }
  return found;
}

function unreadable(folder: string, cause: Error): Problem {
  return new Problem({
    code: "import-folder",
    message: `${folder} cannot be read as a collection: ${cause.message}`,
    fix: "name the folder that holds the programs and tests",
    exit: "configuration",
    place: { file: folder },
    cause,
  });
}
