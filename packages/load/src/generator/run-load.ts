import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Problem } from "@dojang/model";
import type { LoadPlan } from "../plan/load-plan.ts";
import type { LoadResult } from "../result/load-result.ts";
import { requestNames } from "../scenario/scenario.ts";
import { createAbortRule } from "./abort-rule.ts";
import { assembleResult, type MergedSecond, mergeSecond } from "./assemble-result.ts";
import { stuckProblem, watchForStuckThreads } from "./stuck-threads.ts";
import type { TrafficEnd, TrafficSecond } from "./traffic.ts";
import type { ThreadOrder, ThreadReport } from "./traffic-thread.ts";

export interface RunLoadOptions {
  /** Ends the run; what was measured until then is the result, with verdict `aborted`. */
  readonly signal: AbortSignal;
  readonly onSecond?: (second: MergedSecond) => void;
  /** The file of `traffic-thread`, where it does not lie beside this one (a bundle). */
  readonly threadFile?: URL;
  /** How long a script may keep its thread before that is a Problem. Default 5 s. */
  readonly stuckAfterMs?: number;
}

/** Built, the thread lies beside the bundle that this module went into. */
const besideThisFile = new URL(import.meta.url.endsWith(".ts") ? "./traffic-thread.ts" : "./traffic-thread.js", import.meta.url);

/** Makes the traffic of a plan and judges it. Rejects only for a plan or a script that cannot run; a server that fails is a result. */
export async function runLoad(plan: LoadPlan, { signal, onSecond, threadFile, stuckAfterMs = 5_000 }: RunLoadOptions): Promise<LoadResult> {
  const seconds: MergedSecond[] = [];
  const waiting = new Map<number, { readonly parts: TrafficSecond[]; readonly cpu: number[] }>();
  const ends: TrafficEnd[] = [];
  const rule = createAbortRule(plan);
  const names = requestNames(plan.scenario);
  let startedAt: number | undefined;
  let aborted: string | undefined;
  let failure: Error | undefined;

  const { module } = plan.scenario;
  const watch =
    module === undefined
      ? undefined
      : watchForStuckThreads({
          threads: plan.threads,
          stuckAfterMs,
          isOver: (thread) => over.has(thread),
          onStuck(thread) {
            stuck = stuckProblem(module, { name: threadName(thread), stuckAfterMs }).then(async (problem) => {
              failure ??= problem;
              await Promise.all(workers.map((worker) => worker.terminate()));
            });
          },
        });
  let stuck: Promise<void> | undefined;
  const over = new Set<number>();
  const workers = Array.from({ length: plan.threads }, (_, thread) => {
    const order: ThreadOrder = { plan, share: { thread, of: plan.threads }, ...(watch && { beats: watch.beats }) };
    return new Worker(threadFile ?? besideThisFile, {
      workerData: order,
      name: threadName(thread),
      ...(module === undefined ? {} : { execArgv: argumentsForScripts() }),
    });
  });
  const stop = (reason: string): void => {
    aborted ??= reason;
    for (const worker of workers) worker.postMessage("stop");
  };
  const onAbort = () => stop("interrupted");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();

  const takeSecond = (part: TrafficSecond, cpu: number): void => {
    const collected = waiting.get(part.at) ?? { parts: [], cpu: [] };
    collected.parts.push(part);
    collected.cpu.push(cpu);
    waiting.set(part.at, collected);
    if (collected.parts.length < plan.threads) return;
    waiting.delete(part.at);
    const second = mergeSecond(collected.parts, collected.cpu, names);
    seconds.push(second);
    onSecond?.(second);
    const reason = plan.abortEarly ? rule(second) : undefined;
    if (reason !== undefined) stop(reason);
  };

  try {
    await Promise.all(
      workers.map(async (worker, thread) => {
        worker.on("message", (report: ThreadReport) => {
          if (report.kind === "start") startedAt = Math.min(startedAt ?? Number.POSITIVE_INFINITY, report.at);
          else if (report.kind === "second") takeSecond(report.second, report.cpu);
          else if (report.kind === "end") {
            ends.push(report.end);
            over.add(thread);
            // Timers and sockets of a script would keep it.
            if (module !== undefined) void worker.terminate();
          } else {
            failure ??= failureOf(report);
            over.add(thread);
            stop("failed");
            if (module !== undefined) void worker.terminate();
          }
        });
        worker.on("error", (error: Error) => {
          failure ??= error;
        });
        await once(worker, "exit");
      }),
    );
  } finally {
    signal.removeEventListener("abort", onAbort);
    watch?.stop();
    await stuck;
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  if (failure !== undefined) throw failure;
  for (const [, { parts, cpu }] of [...waiting].sort(([a], [b]) => a - b)) seconds.push(mergeSecond(parts, cpu, names));
  return assembleResult({ plan, ends, seconds, startedAt: startedAt ?? Date.now(), aborted, interrupted: signal.aborted });
}

function threadName(thread: number): string {
  return `traffic-${thread}`;
}

function failureOf({ message, stack, problem }: Extract<ThreadReport, { kind: "failed" }>): Error {
  return problem === undefined ? Object.assign(new Error(message), { stack }) : new Problem(problem);
}

/** Before 22.18 Node takes types off only when it is told to. */
function argumentsForScripts(): string[] {
  const flag = "--experimental-strip-types";
  const told = process.features.typescript || !process.allowedNodeEnvironmentFlags.has(flag);
  return told ? process.execArgv : [...process.execArgv, flag, "--disable-warning=ExperimentalWarning"];
}
