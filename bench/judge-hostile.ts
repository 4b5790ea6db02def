import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSubmissions } from "../packages/judge/tests/hostile/generate-submissions.ts";
import { type HostileAnswer, isAllowed, judgeHostile } from "../packages/judge/tests/hostile/judge-hostile.ts";
import { machine } from "./load/run-tool.ts";

/**
 * `node bench/judge-hostile.ts [count] [seed] [together]`: hostile and broken submissions in a row, Python and TypeScript in turns, an honest one after every
 * ten of a worker. Ends with 1 when one was not answered by an allowed verdict, when an honest one was judged otherwise than before, or when
 * anything is left on the machine. With `from-to` instead of a count, only those of the row. Interrupted, it tells of those that were answered.
 */
const [range = "1000", seed = "1", together = "2"] = process.argv.slice(2);
const [first, last] = range.includes("-") ? range.split("-").map(Number) : [0, Number(range)];
const temporary = mkdtempSync(join(tmpdir(), "dojang-bench-hostile-"));
// What the judge leaves there is seen only when nobody else writes there. Guests may have to enter it.
chmodSync(temporary, 0o1777);
process.env.TMPDIR = temporary;

console.log(machine());
const stop = new AbortController();
process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
const submissions = generateSubmissions({ seed: Number(seed), count: last ?? 0 }).slice(first);
const report = await judgeHostile({
  submissions,
  together: Number(together),
  honestEvery: 10,
  limitMs: 120_000,
  stop: stop.signal,
  onAnswer(answer, done) {
    if (!isAllowed(answer)) console.log(`WRONG      ${describe(answer)}\n${answer.submission.text.slice(0, 1_000)}\n`);
    if (done % 50 === 0) console.error(`${done} of ${submissions.length}`);
  },
});
rmSync(temporary, { recursive: true, force: true });

const rows = new Map<string, HostileAnswer[]>();
for (const answer of report.answers) {
  const key = `${answer.submission.kind} (${answer.submission.lang})`;
  rows.set(key, [...(rows.get(key) ?? []), answer]);
}
for (const [key, answers] of [...rows].sort()) {
  const slowest = Math.max(...answers.map((one) => one.wallMs)) / 1000;
  console.log(`${key.padEnd(40)} ${String(answers.length).padStart(4)}  slowest ${slowest.toFixed(1)} s  ${counts(answers)}`);
}
const { memoryBytes, loopDelayMs } = report;
const mb = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MB`;
console.log(`all: ${counts(report.answers)}`);
console.log(
  `${report.answers.length} in ${(report.wallMs / 1000).toFixed(0)} s, ${together} at a time; ${report.honest} honest ones, ${report.honestDiffers.length} of them judged otherwise`,
);
console.log(`memory of the judge ${mb(memoryBytes.before)} before, ${mb(memoryBytes.peak)} at most, ${mb(memoryBytes.after)} after`);
console.log(
  `event loop late by ${loopDelayMs.p50.toFixed(1)} ms (p50), ${loopDelayMs.p99.toFixed(1)} ms (p99), ${loopDelayMs.max.toFixed(0)} ms (most)`,
);
console.log(`left on the machine: ${report.left.join(", ") || "nothing"}`);
for (const one of report.honestDiffers) console.log(`WRONG      honest ${one}`);
console.log(`${report.wrong.length} wrong`);
if (report.wrong.length > 0 || report.honestDiffers.length > 0 || report.left.length > 0) process.exitCode = 1;

function describe({ submission, verdict, explanation, wallMs }: HostileAnswer): string {
  return `${submission.kind} (${submission.lang}): ${verdict} after ${(wallMs / 1000).toFixed(1)} s: ${explanation.slice(0, 500)}`;
}

function counts(answers: readonly HostileAnswer[]): string {
  const found = new Map<string, number>();
  for (const { verdict } of answers) found.set(verdict, (found.get(verdict) ?? 0) + 1);
  return [...found]
    .sort(([, a], [, b]) => b - a)
    .map(([verdict, count]) => `${verdict} ${count}`)
    .join(", ");
}
