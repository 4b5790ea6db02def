import type { Objective } from "@dojang/load";
import type { PerformanceJob } from "@dojang/model";
import type { LoadFacts } from "../../report/load-facts.ts";
import type { GateFacts } from "../../report/run-facts.ts";
import { gatesHold } from "../gates.ts";

export interface JudgeLoadRequest {
  readonly job: string;
  readonly gate: PerformanceJob["gate"];
  readonly load: readonly LoadFacts[];
  readonly objectives: readonly Objective[];
}

export interface JudgedLoad {
  readonly passed: boolean;
  readonly gates: readonly GateFacts[];
  /** One line for people. */
  readonly summary: string;
}

/**
 * The verdict on a performance job. A profile in which the generator was the limit has no verdict: it is said, and fails nothing.
 * Of a comparison only "slower", by more than the gate allows, counts.
 */
export function judgeLoad({ job, gate, load, objectives }: JudgeLoadRequest): JudgedLoad {
  const onMiss = gate?.onMiss ?? "fail";
  const gates = load.flatMap((facts) => profileGates(facts, { job, onMiss, judged: objectives.length > 0 }));
  const regression =
    gate?.regression === undefined ? [] : load.flatMap((facts) => regressionGate(facts, { job, onMiss, limit: gate.regression ?? 0 }));
  const all = [...gates, ...regression];
  const broken = load.some((facts) => facts.verdict.kind === "failed" && facts.totals.completed === 0);
  return { passed: gatesHold(all) && !broken, gates: all, summary: load.map(summaryOf).join("; ") };
}

interface GateOptions {
  readonly job: string;
  readonly onMiss: GateFacts["onMiss"];
}

function profileGates(
  { profile, objectives, verdict, highestRateHeld }: LoadFacts,
  { job, onMiss, judged }: GateOptions & { readonly judged: boolean },
): GateFacts[] {
  if (!judged) return [];
  if (highestRateHeld !== undefined) {
    // A ramp is made to break: the gate is that it held at all.
    return [
      {
        job,
        gate: `${profile}: rate held`,
        expected: "> 0/s",
        seen: `${Math.round(highestRateHeld.perSecond)}/s`,
        held: verdict.kind !== "failed",
        onMiss,
      },
    ];
  }
  return objectives.map(({ text, held }) => {
    const [seen = text, expected = ""] = text.split(", asked for is ");
    const invalid = verdict.kind === "invalid";
    return {
      job,
      gate: `${profile}: ${seen.split(" is ")[0]}`,
      expected,
      seen: invalid ? `${seen}, but the generator was the limit` : seen,
      held: held || invalid,
      onMiss,
    };
  });
}

function regressionGate({ profile, comparison }: LoadFacts, { job, onMiss, limit }: GateOptions & { readonly limit: number }): GateFacts[] {
  if (comparison === undefined) return [];
  const slower = comparison.metrics.filter((metric) => metric.verdict === "slower" && metric.ratio > 1 + limit);
  const [worst] = slower.toSorted((a, b) => b.ratio - a.ratio);
  if (comparison.verdict === "missing")
    return [
      { job, gate: `${profile}: regression`, expected: expectedOf(limit, "the base"), seen: notCompared(comparison), held: true, onMiss },
    ];
  const [least] = comparison.metrics;
  const power = least === undefined ? "" : `, ${percent(least.smallestDetectable - 1)} would have been seen`;
  return [
    {
      job,
      gate: `${profile}: regression`,
      expected: expectedOf(limit, comparison.base),
      seen: worst?.words ?? `${comparison.verdict}${power}${comparison.reasons.length > 0 ? `: ${comparison.reasons.join("; ")}` : ""}`,
      held: worst === undefined,
      onMiss,
    },
  ];
}

function expectedOf(limit: number, base: string): string {
  return `at most ${percent(limit)} slower than ${base}`;
}

function notCompared({ reasons }: NonNullable<LoadFacts["comparison"]>): string {
  return `not compared: ${reasons.join("; ")}`;
}

function summaryOf({ profile, totals, highestRateHeld, verdict, comparison }: LoadFacts): string {
  const p95 = totals.percentiles === undefined ? "no answers" : `p95 ${Number(totals.percentiles.p95.toPrecision(3))} ms`;
  const held = highestRateHeld === undefined ? `${totals.perSecond.toFixed(0)}/s` : `held ${Math.round(highestRateHeld.perSecond)}/s`;
  const errors = Object.values(totals.errors).reduce((sum, times) => sum + times, 0);
  return [
    `${profile} ${held}, ${p95}`,
    errors > 0 ? `${errors} errors` : undefined,
    verdict.kind === "invalid" ? "says nothing: the generator was the limit" : undefined,
    comparison && (comparison.verdict === "missing" ? notCompared(comparison) : `${comparison.verdict} against ${comparison.base}`),
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(3))} %`;
}
