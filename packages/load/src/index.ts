export type * from "./compare/comparison.ts";
export type * from "./histogram/histogram.ts";
export type * from "./metrics/metric.ts";
export type * from "./plan/load-plan.ts";
export type * from "./result/load-result.ts";
export type * from "./scenario/scenario.ts";
