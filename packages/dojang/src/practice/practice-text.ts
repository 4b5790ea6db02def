import type { Exercise, RunOutcome, TestResult } from "@dojang/judge";
import type { PracticeProgress } from "../store/practice.ts";
import type { GradedAttempt } from "./graded-attempt.ts";
import { type PracticeWords, practiceWords, type SpokenLanguage } from "./practice-words.ts";

/** One line for each exercise, and which one comes next. */
export function listText(
  exercises: readonly Exercise[],
  { progress, lang }: { readonly progress: ReadonlyMap<string, PracticeProgress>; readonly lang: SpokenLanguage },
): string {
  const words = practiceWords[lang];
  const rows = exercises.map((one) => [
    one.id,
    words.levels[one.level],
    one.lang,
    progressText(one, { done: progress.get(one.id), lang }),
    one.title[lang],
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => columns(row[column] ?? ""))));
  const lines = rows.map((row) => row.map((cell, index) => pad(cell, widths[index] ?? 0)).join("  "));
  const next = exercises.find(({ id }) => !progress.get(id)?.accepted);
  return `${[...lines, "", next === undefined ? words.allSolved() : words.begin(next.id)].join("\n")}\n`;
}

function progressText(exercise: Exercise, { done, lang }: { done: PracticeProgress | undefined; lang: SpokenLanguage }): string {
  const words = practiceWords[lang];
  if (done === undefined) return words.untouched();
  if (done.accepted) return words.solved(done.attempts);
  const caught = exercise.variants.filter(({ id }) => done.caught.includes(id)).length;
  return words.progress(caught, exercise.variants.length, done.attempts);
}

/** The tests on the correct program. */
export function outcomeText(
  { tests, end, message }: RunOutcome,
  { lang, folder }: { readonly lang: SpokenLanguage; readonly folder: string },
): string {
  const words = practiceWords[lang];
  const lines = tests.map((test) => `  ${testLine(test, words.skipped())}`);
  const ran = tests.filter((test) => test.outcome !== "skipped");
  const failed = ran.filter((test) => test.outcome === "failed").length;
  if (end !== "finished") lines.push(`${words.ends[end]}${message === undefined ? "" : `: ${message}`}`);
  else if (ran.length === 0) lines.push(words.noTests());
  else lines.push(failed === 0 ? words.allPass(ran.length, folder) : words.somePass(failed, ran.length));
  return `${lines.join("\n")}\n`;
}

function testLine({ name, outcome, message, line }: TestResult, skipped: string): string {
  if (outcome === "passed") return `✓ ${name}`;
  if (outcome === "skipped") return `- ${name} (${skipped})`;
  const where = line === undefined ? "" : `:${line}`;
  return `✗ ${name}${where}${message === undefined ? "" : `\n      ${message.trim().split("\n").join("\n      ")}`}`;
}

/** The verdict, the kill matrix of what was caught with its explanations, and how much is still hidden. */
export function gradedText(graded: GradedAttempt, lang: SpokenLanguage): string {
  const words = practiceWords[lang];
  const counted = graded.verdict === "accepted" || graded.verdict === "survivors";
  if (!counted) return `${[words.verdicts[graded.verdict], ...refusalLines(graded, words)].join("\n")}\n`;
  const lines = [words.verdicts[graded.verdict], "", ...matrixLines(graded)];
  graded.caught.forEach(({ id, why, now, killedBy, end }, index) => {
    const by = killedBy.length > 0 ? killedBy.join(", ") : words.ends[end ?? "finished"];
    lines.push("", `${index + 1}. ${id}: ${now ? words.caughtBy(by) : words.caughtEarlier()}`);
    lines.push(...why.split("\n").map((line) => `   ${line}`));
  });
  lines.push("");
  if (graded.hidden > 0) lines.push(words.hidden(graded.hidden));
  if (graded.idleTests.length > 0) lines.push(words.idle(graded.idleTests.join(", ")));
  const now = graded.caught.filter((one) => one.now).length;
  lines.push(words.score(Math.round(graded.score * 100), now, graded.caught.length + graded.hidden));
  return `${lines.join("\n")}\n`;
}

/** Nothing was learned about bugs: what matters is what was wrong with the tests. */
function refusalLines({ verdict, tests, explanation }: GradedAttempt, words: PracticeWords): readonly string[] {
  const failed = tests.filter((test) => test.outcome === "failed");
  if (verdict !== "false_alarm" || tests.length === 0) return ["", indented(explanation)];
  if (failed.length === 0) return [words.failOnAnother(), "", indented(explanation)];
  return [words.failOnCorrect(), "", ...failed.map((test) => `  ${testLine(test, words.skipped())}`)];
}

const indented = (text: string) => `  ${text.trim().split("\n").join("\n  ")}`;

/** Tests down, caught variants across. One that is hidden has a column, too, in which nothing is. */
function matrixLines({ tests, caught, hidden }: GradedAttempt): readonly string[] {
  const width = Math.max(0, ...tests.map((test) => columns(test.name)));
  const unknown = Array.from({ length: hidden }, () => "  ?").join("");
  const head = `${pad("", width)} ${caught.map((_, index) => String(index + 1).padStart(3)).join("")}${unknown}`;
  const rows = tests.map(({ name }) => {
    const cells = caught.map((one) => (one.killedBy.includes(name) ? "  x" : "  ."));
    return `${pad(name, width)} ${cells.join("")}${"  .".repeat(hidden)}`;
  });
  return [head, ...rows];
}

const pad = (text: string, width: number) => text + " ".repeat(Math.max(0, width - columns(text)));

/** Hangul and its like take two columns of a terminal. */
function columns(text: string): number {
  let count = 0;
  for (const sign of text) count += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(sign) ? 2 : 1;
  return count;
}
