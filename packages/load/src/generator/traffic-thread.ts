import { parentPort, workerData } from "node:worker_threads";
import { Problem, type ProblemOptions } from "@dojang/model";
import type { LoadPlan } from "../plan/load-plan.ts";
import { beat } from "./stuck-threads.ts";
import { measureThreadCpu } from "./thread-cpu.ts";
import { makeTraffic, type TrafficEnd, type TrafficSecond } from "./traffic.ts";

/** A thread that makes its share of the traffic: the main thread only listens, so that drawing progress never delays a request. */
export interface ThreadOrder {
  readonly plan: LoadPlan;
  readonly share: { readonly thread: number; readonly of: number };
  /** Where it shows that it is not stuck. */
  readonly beats?: Int32Array<SharedArrayBuffer>;
}

export type ThreadReport =
  | { readonly kind: "start"; readonly at: number }
  | { readonly kind: "second"; readonly second: TrafficSecond; readonly cpu: number }
  | { readonly kind: "end"; readonly end: TrafficEnd }
  | { readonly kind: "failed"; readonly message: string; readonly stack: string | undefined; readonly problem?: ProblemOptions };

const port = parentPort;
if (port !== null) {
  // Posted by run-load.ts alone.
  const { plan, share, beats } = workerData as ThreadOrder;
  if (beats !== undefined) beat(beats, share.thread);
  const stop = new AbortController();
  port.once("message", () => stop.abort());
  const report = (message: ThreadReport) => port.postMessage(message);
  const cpuShare = measureThreadCpu();
  makeTraffic({
    plan,
    share,
    signal: stop.signal,
    onStart: () => {
      cpuShare();
      report({ kind: "start", at: performance.timeOrigin + performance.now() });
    },
    onSecond: (second) => report({ kind: "second", second, cpu: cpuShare() }),
  })
    .then((end) => report({ kind: "end", end }))
    .catch((error: unknown) => {
      report({
        kind: "failed",
        message: error instanceof Error ? error.message : String(error),
        stack: error instanceof Error ? error.stack : undefined,
        ...(error instanceof Problem ? { problem: optionsOf(error) } : {}),
      });
    })
    .finally(() => port.close());
}

/** A class does not survive being posted. Its cause need not. */
function optionsOf({ code, message, fix, exit, place, findings }: Problem): ProblemOptions {
  return { code, message, fix, exit, findings, ...(place === undefined ? {} : { place }) };
}
