import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Judgement, Language, Verdict } from "../../src/contract.ts";
import type { Engine } from "../../src/engines/engine.ts";
import { createEngine } from "../../src/engines/engines.ts";
import { judgeSubmission } from "../../src/judging/judge-submission.ts";
import { goodTests, smallExercise } from "../../src/judging/judging.fixture.ts";
import type { HostileSubmission } from "./attack.ts";
import { lookAtMachine, newSince } from "./machine-health.ts";

/**
 * Judges hostile submissions one after the other, several at a time, and watches the judge: every one has to be answered by an allowed verdict, an
 * honest submission in between has to be answered as ever, the judge's own process has to go on meanwhile, and in the end nothing may be left.
 */
export interface HostileOptions {
  readonly submissions: readonly HostileSubmission[];
  readonly together: number;
  /** An honest submission of the same language, with the same limits, after so many of each worker. */
  readonly honestEvery: number;
  readonly limitMs: number;
  /** No further one is begun after this; what was answered is reported. */
  readonly stop?: AbortSignal;
  readonly onAnswer?: (answer: HostileAnswer, done: number) => void;
}

export interface HostileAnswer {
  readonly submission: HostileSubmission;
  /** "none": it was not answered within its limit. */
  readonly verdict: Verdict | "none";
  readonly explanation: string;
  readonly wallMs: number;
}

export interface HostileReport {
  readonly answers: readonly HostileAnswer[];
  readonly wrong: readonly HostileAnswer[];
  readonly honest: number;
  readonly honestDiffers: readonly string[];
  readonly left: readonly string[];
  readonly wallMs: number;
  readonly memoryBytes: { readonly before: number; readonly peak: number; readonly after: number };
  /** How late the judge's own event loop was. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const hostileLimits = { timeMs: 2_000 };
const settleMs = 60_000;
const resolutionMs = 10;

export async function judgeHostile(options: HostileOptions): Promise<HostileReport> {
  const { submissions, together } = options;
  const before = lookAtMachine();
  const engines: Record<Language, Engine> = { python: await createEngine("python"), typescript: await createEngine("typescript") };
  const expected: Record<Language, string> = {
    python: summary(await judgeHonest("python", engines.python)),
    typescript: summary(await judgeHonest("typescript", engines.typescript)),
  };
  const answers: HostileAnswer[] = [];
  const honestDiffers: string[] = [];
  let honest = 0;
  const memoryBefore = process.memoryUsage.rss();
  let peak = memoryBefore;
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const begun = performance.now();
  const waiting = submissions.entries();
  const worker = async () => {
    let own = 0;
    for (const [, submission] of waiting) {
      if (options.stop?.aborted) break;
      const answer = await judgeOne(submission, { engine: engines[submission.lang], limitMs: options.limitMs });
      answers.push(answer);
      peak = Math.max(peak, process.memoryUsage.rss());
      options.onAnswer?.(answer, answers.length);
      if (++own % options.honestEvery !== 0) continue;
      honest++;
      const seen = summary(await judgeHonest(submission.lang, engines[submission.lang]));
      if (seen !== expected[submission.lang]) honestDiffers.push(`after ${submission.kind}: ${seen}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: together }, worker));
  } finally {
    await Promise.all(Object.values(engines).map((engine) => engine.close()));
    delays.disable();
  }
  const { percentile, max } = scaled(delays);
  return {
    answers,
    wrong: answers.filter((answer) => !isAllowed(answer)),
    honest,
    honestDiffers,
    left: await leftovers(before),
    wallMs: performance.now() - begun,
    memoryBytes: { before: memoryBefore, peak, after: process.memoryUsage.rss() },
    loopDelayMs: { p50: percentile(50), p99: percentile(99), max },
  };
}

/** A machine with much other work may take all the time there is for anything. */
export function isAllowed({ verdict, submission }: HostileAnswer): boolean {
  return verdict === "time" || (verdict !== "none" && submission.allowed.includes(verdict));
}

async function judgeOne(submission: HostileSubmission, { engine, limitMs }: { engine: Engine; limitMs: number }): Promise<HostileAnswer> {
  const begun = performance.now();
  const { lang, text } = submission;
  const answer = await judgeSubmission({
    exercise: smallExercise(lang, hostileLimits),
    submission: { name: "tests", text },
    engine,
    signal: AbortSignal.timeout(limitMs),
  }).catch((error: unknown) => ({ verdict: "none" as const, explanation: error instanceof Error ? (error.stack ?? "") : String(error) }));
  return { submission, verdict: answer.verdict, explanation: answer.explanation, wallMs: performance.now() - begun };
}

function judgeHonest(lang: Language, engine: Engine): Promise<Judgement> {
  return judgeSubmission({
    exercise: smallExercise(lang, hostileLimits),
    submission: { name: "tests", text: goodTests[lang] },
    engine,
    signal: AbortSignal.timeout(120_000),
    seed: 7,
  });
}

/** All that does not depend on the clock. */
function summary({ verdict, explanation, score, tests, variants, idleTests, runs }: Judgement): string {
  const seen = tests.map(({ name, outcome }) => [name, outcome]);
  const killed = variants.map(({ id, killed, killedBy, end, messages }) => [id, killed, killedBy, end, messages]);
  return JSON.stringify([verdict, explanation, score, seen, killed, idleTests, runs]);
}

/** The kernel takes a moment for what was killed, and Node for what was closed. */
async function leftovers(before: ReturnType<typeof lookAtMachine>): Promise<readonly string[]> {
  const until = performance.now() + settleMs;
  for (;;) {
    const left = newSince(before, lookAtMachine());
    if (left.length === 0 || performance.now() > until) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function scaled(delays: ReturnType<typeof monitorEventLoopDelay>) {
  // What is measured has the resolution of the timer in it.
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  return { percentile: (of: number) => ms(delays.percentile(of)), max: ms(delays.max) };
}
