import type { LoadSummary } from "../report-sections.ts";

/** One run in the order of time; this run is the last. */
export interface PlottedRun {
  readonly number: number;
  readonly p95Ms?: number;
  readonly perSecond: number;
  readonly cpuUsPerRequest?: number;
}

/** This run is the last of those before it. */
export function runsOf({ earlier, totals, highestRateHeld, cpuUsPerRequest }: LoadSummary, number: number): readonly PlottedRun[] {
  return [
    ...earlier.toReversed().map((run) => ({ ...run, perSecond: run.heldPerSecond ?? run.perSecond })),
    { number, p95Ms: totals.percentiles?.p95, perSecond: highestRateHeld?.perSecond ?? totals.perSecond, cpuUsPerRequest },
  ];
}
