import type { LoadPlan, Objective } from "../plan/load-plan.ts";
import { describeObjective, holds, measure } from "../result/judge-load.ts";
import { createArrivals } from "./arrivals.ts";
import type { MergedSecond } from "./assemble-result.ts";

/** In a ramp, so many broken seconds in a row end it: what comes after is harder still. */
const brokenSeconds = 5;

/**
 * Says why going on is pointless, or undefined. Ramps (`stress`, `breakpoint`): an objective was broken for five seconds in a row.
 * Otherwise: so many errors that the objective cannot hold, even if every request that is still to come succeeds.
 */
export function createAbortRule(plan: LoadPlan): (second: MergedSecond) => string | undefined {
  const isRamp = plan.profile === "stress" || plan.profile === "breakpoint";
  const planned = plannedRequests(plan);
  const inARow = new Map<Objective, number>();
  let errors = 0;

  return (second) => {
    errors += second.errors;
    for (const objective of plan.objectives) {
      const seen = measure(objective.metric, second.of(objective.request));
      const broken = seen !== undefined && !holds(objective, seen);
      const times = broken ? (inARow.get(objective) ?? 0) + 1 : 0;
      inARow.set(objective, times);
      if (isRamp && times >= brokenSeconds && seen !== undefined) {
        return `${describeObjective({ objective, seen, held: false })}, for ${brokenSeconds} seconds in a row`;
      }
      if (
        !isRamp &&
        objective.metric === "errors" &&
        objective.request === undefined &&
        planned > 0 &&
        errors > objective.limit * planned
      ) {
        return `${errors} errors are more than ${objective.limit * 100} % of all ${Math.round(planned)} requests`;
      }
    }
    return undefined;
  };
}

/** 0 when nobody can know: the closed model. */
export function plannedRequests({ traffic }: LoadPlan): number {
  if (traffic.model === "closed") return 0;
  const arrivals = createArrivals(traffic.stages, { arrivals: "even", share: { thread: 0, of: 1 }, random: () => 0 });
  return arrivals.askedUntil(Number.POSITIVE_INFINITY);
}
