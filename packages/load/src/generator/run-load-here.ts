import type { LoadPlan } from "../plan/load-plan.ts";
import type { LoadResult } from "../result/load-result.ts";
import { requestNames } from "../scenario/scenario.ts";
import { createAbortRule } from "./abort-rule.ts";
import { assembleResult, type MergedSecond, mergeSecond } from "./assemble-result.ts";
import { makeTraffic } from "./traffic.ts";

export interface RunHereOptions {
  readonly signal: AbortSignal;
  readonly onSecond?: (second: MergedSecond) => void;
}

/** As `runLoad`, in this thread: for a process that does nothing else. The plan's `threads` count as 1. */
export async function runLoadHere(plan: LoadPlan, { signal, onSecond }: RunHereOptions): Promise<LoadResult> {
  const one = { ...plan, threads: 1 };
  const seconds: MergedSecond[] = [];
  const names = requestNames(one.scenario);
  const rule = createAbortRule(one);
  const stop = new AbortController();
  let startedAt: number | undefined;
  let aborted: string | undefined;
  let cpu = process.cpuUsage();
  let since = performance.now();
  const cpuShare = (): number => {
    const used = process.cpuUsage(cpu);
    const now = performance.now();
    const share = (used.user + used.system) / 1000 / Math.max(1, now - since);
    cpu = process.cpuUsage();
    since = now;
    return share;
  };
  const end = await makeTraffic({
    plan: one,
    share: { thread: 0, of: 1 },
    signal: AbortSignal.any([signal, stop.signal]),
    onStart: () => {
      cpuShare();
      startedAt = performance.timeOrigin + performance.now();
    },
    onSecond: (part) => {
      const second = mergeSecond([part], [cpuShare()], names);
      seconds.push(second);
      onSecond?.(second);
      aborted ??= one.abortEarly ? rule(second) : undefined;
      if (aborted !== undefined) stop.abort();
    },
  });
  const interrupted = signal.aborted;
  return assembleResult({
    plan: one,
    ends: [end],
    seconds,
    startedAt: startedAt ?? Date.now(),
    aborted: interrupted ? "interrupted" : aborted,
    interrupted,
  });
}
