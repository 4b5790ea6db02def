import { Problem, parseDurationMs, parseFraction } from "@dojang/model";
import type { Objective, ObjectiveMetric } from "./load-plan.ts";

const metrics: readonly ObjectiveMetric[] = ["p50", "p75", "p90", "p95", "p99", "p99.9", "max", "errors", "rate-held"];
const shares: ReadonlySet<ObjectiveMetric> = new Set(["errors", "rate-held"]);

/**
 * `p95<200ms`, `errors<1%`, `rate-held>99%`, `p95 of POST /todos < 300ms`. The relation is said for readers; `=` is allowed.
 */
export function parseObjective(text: string): Objective {
  const found = /^\s*([a-z0-9.-]+)(?:\s+of\s+(.+?))?\s*(<=?|>=?)\s*([^<>=]+?)\s*$/.exec(text);
  const metric = metrics.find((known) => known === found?.[1]);
  const [, , request, relation, value = ""] = found ?? [];
  if (found === null || metric === undefined) throw refused(text, `begins with one of ${metrics.join(", ")}`);
  const limit = shares.has(metric) ? parseFraction(value) : parseDurationMs(value);
  if (limit === undefined)
    throw refused(text, shares.has(metric) ? "ends with a percentage such as 1%" : "ends with a duration such as 200ms");
  if ((metric === "rate-held") !== relation?.startsWith(">"))
    throw refused(text, metric === "rate-held" ? "uses > for rate-held" : `uses < for ${metric}`);
  return { metric, limit, ...(request === undefined ? {} : { request }) };
}

function refused(text: string, rule: string): Problem {
  return new Problem({
    code: "load-objective",
    message: `the objective ${JSON.stringify(text)} is not understood: an objective ${rule}`,
    fix: 'write it like "p95<200ms", "errors<1%", "rate-held>99%" or "p99 of POST /todos<1s"',
    exit: "configuration",
  });
}
