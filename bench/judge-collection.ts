import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { createEngine, type Judgement, judgeSubmission, loadExercise } from "../packages/judge/src/index.ts";
import type { Collection } from "./collections/collection.ts";
import { humanEvalPackJs, humanEvalPackPython } from "./collections/humaneval-pack.ts";
import { quixBugs } from "./collections/quixbugs.ts";

/**
 * `node bench/judge-collection.ts COLLECTION CLONE`: real buggy programs of others, graded. `dojang-judge import` makes exercises of the collection, the judge grades
 * its own tests with each, and a table tells for every program whether they accept the correct one and how they catch the bug, or why not. Nothing of the collection is kept.
 */
interface Row {
  readonly id: string;
  readonly fits: boolean;
  readonly tests: number;
  readonly caught: string;
  readonly note: string;
}

const collections = [quixBugs, humanEvalPackJs, humanEvalPackPython];
const [asked, clone] = process.argv.slice(2);
const collection = collections.find((one) => one.name === asked);
if (collection === undefined || clone === undefined) {
  console.error(`usage: node bench/judge-collection.ts ${collections.map((one) => one.name).join("|")} CLONE`);
  process.exit(2);
}
const work = mkdtempSync(join(tmpdir(), "dojang-collection-"));
try {
  const rows = await gradeAll(collection, resolve(clone), work);
  console.log(await tableOf(collection, rows, resolve(clone)));
  if (rows.length !== collection.programs) throw new Error(`it has ${collection.programs} programs, and ${rows.length} were looked at`);
} finally {
  rmSync(work, { recursive: true });
}

async function gradeAll({ language, flags, arrange }: Collection, cloned: string, folder: string): Promise<readonly Row[]> {
  const made = join(folder, "made");
  const files = await arrange(cloned, join(folder, "files"));
  const engine = await createEngine(language);
  const rows: Row[] = [];
  try {
    for await (const one of imported(files, [...flags, "--into", made])) {
      if (one.refused !== undefined) {
        const reasons = one.leftOut.map(({ reason }) => firstLine(reason)).join("; ");
        rows.push({ id: one.id, fits: false, tests: 0, caught: "", note: reasons || firstLine(one.refused) });
        continue;
      }
      const exercise = await loadExercise(join(made, one.id));
      const signal = AbortSignal.timeout(600_000);
      const judgement = await judgeSubmission({ exercise, submission: exercise.knownTests, engine, signal });
      const leaning = one.weak.some(({ place }) => place === "reference") ? "its tests lean on each other" : "";
      rows.push(rowOf(one.id, judgement, leaning));
      process.stderr.write(`\r${rows.length} ${one.id}${" ".repeat(30)}`);
    }
  } finally {
    await engine.close();
  }
  process.stderr.write("\n");
  return rows;
}

interface Imported {
  readonly id: string;
  readonly refused?: string;
  readonly leftOut: readonly { readonly reason: string }[];
  readonly weak: readonly { readonly place: string; readonly reason: string }[];
}

async function* imported(files: string, flags: readonly string[]): AsyncGenerator<Imported> {
  const command = join(import.meta.dirname, "../packages/judge/bin/dojang-judge.js");
  const child = spawn(process.execPath, [command, "import", files, ...flags, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  for await (const line of createInterface({ input: child.stdout })) {
    // What the command writes with --json: one of these a line, or what kept it from going on.
    const one = JSON.parse(line) as Imported | { readonly problem: { readonly message: string } };
    if ("problem" in one) throw new Error(one.problem.message);
    yield one;
  }
  const code = await ended;
  if (code !== 0 && code !== 1) throw new Error(`dojang-judge import ended with ${code}`);
}

function rowOf(id: string, { verdict, tests, variants, explanation }: Judgement, note: string): Row {
  const [variant] = variants;
  const row = { id, fits: verdict === "accepted", tests: tests.length };
  if (verdict !== "accepted" || variant === undefined) return { ...row, caught: "", note: `${verdict}: ${firstLine(explanation)}` };
  if (variant.end !== "finished") return { ...row, caught: variant.end === "time" ? "the clock" : variant.end, note };
  const messages = variant.killedBy.map((name) => variant.messages[name] ?? "");
  // What is no assertion is told as "IndexError: pop from an empty deque".
  const errors = messages.flatMap((message) => /^\w*(?:Error|Exception)(?=:)/.exec(message) ?? []);
  const by = errors.length < messages.length ? "an assertion" : [...new Set(errors)].join(", ");
  return { ...row, caught: `${by} in ${variant.killedBy.length} of ${tests.length} tests`, note };
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").slice(0, 60).replaceAll("|", "\\|").trim();
}

async function tableOf({ name, repository, licence, programs }: Collection, rows: readonly Row[], cloned: string): Promise<string> {
  const commit = await promisify(execFile)("git", ["-C", cloned, "rev-parse", "HEAD"]).then(
    ({ stdout }) => stdout.trim(),
    () => "unknown",
  );
  const fitting = rows.filter((one) => one.fits);
  const lines = rows.map(({ id, fits, tests, caught, note }) => `| ${id} | ${fits ? "yes" : "no"} | ${tests} | ${caught} | ${note} |`);
  return [
    `${name}: ${repository} at ${commit}, ${licence}. Of ${programs} programs ${fitting.length} are graded: the tests accept the correct one and catch the bug.`,
    "",
    "| program | graded | tests | the bug is caught by | note |",
    "|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}
