import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { RunOutcome } from "../contract.ts";
import { didNotStart } from "../sandbox/guest-sandbox.ts";
import { requireGuests } from "../sandbox/require-guests.ts";
import { withinReach } from "../sandbox/within-reach.ts";
import type { Engine, Lane, LaneOrder, Unreadable } from "./engine.ts";
import { ProgramTexts } from "./program-texts.ts";
import { mostTests, reportSchema, toOutcome, tooManyTests } from "./run-report.ts";
import { typeScriptRunnerText } from "./runner-text.ts";
import { type Answer, openLane } from "./sandbox-lane.ts";
import { TypeStripper } from "./type-stripper.ts";
import { type VitestParts, vitestParts } from "./vitest-parts.ts";

/**
 * Tests of node:test and of vitest. A Node cannot fork, and starting one costs more than running a file of tests on a small program. So a process may
 * serve a few runs, with the test module imported anew in each, and what the guest could gain by that is kept small and then taken away:
 * programs are told one at a time, after the answer about the one before, so that no answer can be changed later; a process sees a
 * few programs and ends; and what the verdict stands on is confirmed by `strict` lanes, in which a process serves one run only.
 */
export async function createTypeScriptEngine(): Promise<Engine> {
  await requireGuests();
  const runner = await typeScriptRunnerText();
  const node = await withinReach(process.execPath);
  const stripper = new TypeStripper();
  const parts = { runner, node, stripper, programs: new ProgramTexts(stripper) };
  return { runsPerProcess, open: (order) => openTypeScript(order, parts), close: () => stripper.close() };
}

const ownMemoryBytes = 96 * 1024 * 1024;
const startLimitMs = 60_000;
const runsPerProcess = 4;
export const typeScriptTestFile = "submission.test.ts";

interface TypeScriptParts {
  readonly runner: string;
  readonly node: string;
  readonly stripper: TypeStripper;
  readonly programs: ProgramTexts;
}

async function openTypeScript(order: LaneOrder, { runner, node, stripper, programs }: TypeScriptParts): Promise<Lane | Unreadable> {
  const stripped = await stripper.strip(order.tests.text);
  if ("unreadable" in stripped) return stripped;
  const usesVitest = /from\s*["']vitest["']/.test(stripped.text);
  const vitest: VitestParts | undefined = usesVitest ? await vitestParts() : undefined;
  const facades = usesVitest ? ["judge:vitest"] : ["judge:node-test"];
  const heapMb = Math.max(64, Math.floor(order.limits.memoryBytes / 1024 / 1024));
  return openLane(order, {
    argv: [
      ...[
        "prlimit",
        `--nproc=${order.limits.processes * 2 + 64}`,
        "--nofile=256",
        `--cpu=${cpuSeconds(order)}:${cpuSeconds(order) + 1}`,
        "--",
      ],
      ...["/runner/node", "--no-warnings", "--no-addons", `--max-old-space-size=${heapMb}`, "--eval", runner],
    ],
    view: {
      shown: [{ from: node, path: "/runner/node" }, ...(vitest?.folders ?? [])],
      environment: { NODE_ENV: "test" },
      tmpBytes: order.limits.diskBytes,
      mayDivide: false,
    },
    ownMemoryBytes,
    runsPerSandbox: order.strict ? 1 : runsPerProcess,
    isolatesRuns: false,
    isTimedInside: false,
    async prepare(sandbox) {
      const nonce = randomUUID();
      const timer = setTimeout(() => sandbox.end("time"), startLimitMs);
      sandbox.channel.send({ nonce, tests: stripped.text, testFile: typeScriptTestFile, mostTests, facades });
      const answer = readySchema.safeParse(await sandbox.channel.receive());
      clearTimeout(timer);
      if (answer.success && answer.data.nonce === nonce) return;
      await sandbox.close();
      throw didNotStart(sandbox.takeOutput());
    },
    translate: (files) => programs.strip(files),
    ask: (sandbox, { files, shuffle, nonce }) => sandbox.channel.send({ nonce, files, shuffle }),
    isOutOfMemory,
    read: readAnswer,
  });
}

/**
 * V8 ends its process by the signal of any abort: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", or "process out of
 * memory" for what is not its heap. A guest that writes this itself is told that it took too much memory.
 */
const isOutOfMemory = (output: string): boolean => /(heap|process) out of memory/.test(output);

/** SIGXCPU tells what ended it; SIGKILL, a second later, is for who does not listen. */
const cpuSeconds = ({ limits, strict }: LaneOrder) => Math.ceil((limits.timeMs / 1000) * (strict ? 1 : runsPerProcess)) + 2;

const readySchema = z.object({ kind: z.literal("ready"), nonce: z.string() });

const resultSchema = reportSchema.extend({
  kind: z.literal("result"),
  nonce: z.string(),
  memoryBytes: z.number().nonnegative(),
  dirty: z.boolean(),
});

function readAnswer(frame: unknown, { nonce, wallMs }: { readonly nonce: string; readonly wallMs: number }): Answer {
  const tooMany = tooManyTests(frame);
  if (tooMany !== undefined)
    return { outcome: { end: "unloadable", tests: [], message: tooMany, output: "", wallMs, memoryBytes: 0 }, again: false };
  const result = resultSchema.safeParse(frame);
  if (!result.success || result.data.nonce !== nonce) return { broken: "the sandbox answered something else" };
  const outcome: RunOutcome = toOutcome(result.data, { output: "", wallMs, memoryBytes: result.data.memoryBytes });
  return { outcome, again: !result.data.dirty };
}
