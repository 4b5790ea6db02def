import { Problem, parseDurationMs } from "@dojang/model";
import { z } from "zod";
import type { Objective, ObjectiveMetric } from "./load-plan.ts";
import type { PlanRequest } from "./make-plan.ts";

/**
 * k6's `options` as JSON, as far as they say what a plan says: vus and duration, stages of users, one scenario of the arrival-rate or
 * the vus executors, thresholds of http_req_duration and http_req_failed. What cannot be taken is refused, not dropped.
 */
const duration = z.string().refine((text) => parseDurationMs(text) !== undefined, "must be a duration such as 30s");
const thresholds = z.record(
  z.string(),
  z.array(z.union([z.string(), z.object({ threshold: z.string(), abortOnFail: z.boolean().optional() }).loose()])),
);
const arrival = z.object({
  executor: z.enum(["constant-arrival-rate", "constant-vus"]),
  rate: z.number().positive().optional(),
  timeUnit: duration.optional(),
  duration,
  vus: z.int().positive().optional(),
  preAllocatedVUs: z.int().positive().optional(),
  maxVUs: z.int().positive().optional(),
});
const optionsSchema = z.strictObject({
  vus: z.int().positive().optional(),
  duration: duration.optional(),
  scenarios: z.record(z.string(), arrival).optional(),
  thresholds: thresholds.optional(),
});

export type K6Plan = Pick<PlanRequest, "users" | "ratePerSecond" | "forMs" | "objectives" | "abortEarly" | "connections">;

/** Throws a Problem that names the place and what is understood. */
export function readK6Options(file: string, text: string): K6Plan {
  const refuse = (path: string, message: string) =>
    new Problem({
      code: "k6-options",
      message: `${file}${path === "" ? "" : ` ${path}`}: ${message}`,
      fix: "taken are vus, duration, one scenario of constant-arrival-rate or constant-vus, and thresholds of http_req_duration and http_req_failed",
      exit: "configuration",
      place: { file, path },
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse("", error instanceof Error ? error.message : String(error));
  }
  const parsed = optionsSchema.safeParse(value);
  if (!parsed.success) throw refuse(parsed.error.issues[0]?.path.join(".") ?? "", parsed.error.issues[0]?.message ?? "not understood");
  const { vus, duration: length, scenarios = {}, thresholds: rules = {} } = parsed.data;
  const named = Object.entries(scenarios);
  if (named.length > 1) throw refuse("scenarios", `has ${named.length} scenarios, one can be taken`);
  const objectives = Object.entries(rules).flatMap(([metric, list]) =>
    list.map((rule) => objectiveOf(metric, typeof rule === "string" ? rule : rule.threshold, refuse)),
  );
  const abortEarly = Object.values(rules).some((list) => list.some((rule) => typeof rule === "object" && rule.abortOnFail === true));
  const [scenario] = named.map(([, each]) => each);
  const forMs = parseDurationMs(scenario?.duration ?? length ?? "30s");
  const connections = scenario?.maxVUs ?? scenario?.preAllocatedVUs;
  return {
    forMs,
    ...(scenario?.executor === "constant-arrival-rate"
      ? { ratePerSecond: ((scenario.rate ?? 1) * 1000) / (parseDurationMs(scenario.timeUnit ?? "1s") ?? 1000) }
      : { users: scenario?.vus ?? vus ?? 1 }),
    ...(connections === undefined ? {} : { connections }),
    objectives,
    abortEarly,
  };
}

function objectiveOf(metric: string, rule: string, refuse: (path: string, message: string) => Problem): Objective {
  const [, aggregate = "", relation, limit = ""] = /^\s*(p\(\d+(?:\.\d+)?\)|med|max|rate)\s*(<=?|>=?)\s*([\d.]+)\s*$/.exec(rule) ?? [];
  const named = aggregate === "med" ? "p50" : aggregate.replace(/^p\((.*)\)$/, "p$1");
  const known: readonly ObjectiveMetric[] = ["p50", "p75", "p90", "p95", "p99", "p99.9", "max"];
  const percentile = known.find((each) => each === named);
  if (metric === "http_req_duration" && percentile !== undefined && relation?.startsWith("<"))
    return { metric: percentile, limit: Number(limit) };
  if (metric === "http_req_failed" && aggregate === "rate" && relation?.startsWith("<")) return { metric: "errors", limit: Number(limit) };
  throw refuse(`thresholds.${metric}`, `${JSON.stringify(rule)} cannot be taken`);
}
