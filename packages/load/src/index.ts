export type * from "./compare/comparison.ts";
export { runLoad } from "./generator/run-load.ts";
export type * from "./histogram/histogram.ts";
export { createHistogram, percentileMs } from "./histogram/log-linear-histogram.ts";
export type * from "./metrics/metric.ts";
export type * from "./plan/load-plan.ts";
export type * from "./result/load-result.ts";
export type * from "./scenario/scenario.ts";
