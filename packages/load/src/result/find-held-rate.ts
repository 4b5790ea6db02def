import { createHistogram } from "../histogram/log-linear-histogram.ts";
import type { Objective } from "../plan/load-plan.ts";
import { holds, type Judged, measure } from "./judge-load.ts";

/** One second of a ramp, as judged. */
export interface JudgedSecond extends Judged {
  readonly at: number;
  readonly of: (request: string | undefined) => Judged;
}

export interface HeldRate {
  readonly perSecond: number;
  /** Milliseconds since the start; undefined when it held to the end. */
  readonly brokenAt?: number;
  readonly brokenBy?: Objective;
}

/** So many seconds are judged together: one bad second is a hiccup. */
const windowSeconds = 3;

/**
 * The highest rate of a ramp at which everything held. Broken is the first window of three seconds in which an objective
 * does not hold, when the window after it does not either, or is the last.
 */
export function findHeldRate(seconds: readonly JudgedSecond[], objectives: readonly Objective[]): HeldRate {
  let held = 0;
  let suspect: { readonly at: number; readonly by: Objective } | undefined;
  for (let from = 0; from + windowSeconds <= seconds.length; from++) {
    const window = seconds.slice(from, from + windowSeconds);
    const by = objectives.find((objective) => {
      const seen = measure(objective.metric, together(window.map((second) => second.of(objective.request))));
      return seen !== undefined && !holds(objective, seen);
    });
    const isLast = from + windowSeconds === seconds.length;
    if (by === undefined) {
      suspect = undefined;
      held = Math.max(held, (window.at(-1)?.asked ?? 0) > 0 ? rateOf(window) : 0);
    } else if (suspect !== undefined || isLast) {
      const broken = suspect ?? { at: window[0]?.at ?? 0, by };
      return { perSecond: held, brokenAt: broken.at, brokenBy: broken.by };
    } else suspect = { at: window[0]?.at ?? 0, by };
  }
  return { perSecond: held };
}

function rateOf(window: readonly JudgedSecond[]): number {
  return window.reduce((sum, second) => sum + second.asked, 0) / window.length;
}

function together(parts: readonly Judged[]): Judged {
  const latency = createHistogram();
  for (const part of parts) latency.merge(part.latency);
  return {
    asked: sum(parts, (part) => part.asked),
    completed: sum(parts, (part) => part.completed),
    errors: sum(parts, (part) => part.errors),
    latency: latency.snapshot(),
  };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
