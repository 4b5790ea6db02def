import { percentileMs } from "../histogram/log-linear-histogram.ts";
import type { Traffic } from "../plan/load-plan.ts";
import { describeObjective } from "./judge-load.ts";
import { loadErrors } from "./load-errors.ts";
import type { LoadResult, RequestTotals, SecondOfTraffic } from "./load-result.ts";

/** The summary for a terminal: verdict first, then what it rests on. No colour, so that it can be kept. */
export function renderText(result: LoadResult): string {
  const { plan, totals, generator, objectives } = result;
  return [
    verdictLine(result),
    "",
    `${describeTraffic(plan.traffic)}, profile ${plan.profile}, ${plan.target.scheme}://${plan.target.host}:${plan.target.port}, ${seconds(result.durationMs)}`,
    ...(result.highestRateHeld === undefined ? [] : [heldLine(result.highestRateHeld)]),
    ...table([
      ["request", "asked", "answered", "errors", "a second", "p50", "p90", "p95", "p99", "p99.9", "max ms"],
      ...(result.requests.length > 1 ? result.requests.map((request) => row(request.name, request, result.durationMs)) : []),
      row(result.requests.length === 1 ? (result.requests[0]?.name ?? "all") : "all", totals, result.durationMs),
    ]),
    ...countLines("status", totals.statuses),
    ...errorLines(totals),
    ...scriptLines(result.script),
    ...(result.highestRateHeld === undefined ? objectives : []).map(
      (each) => `${each.held ? "held  " : "BROKEN"} ${describeObjective(each)}`,
    ),
    `generator: ${plan.threads} ${plan.threads === 1 ? "thread" : "threads"}, ${Math.round(generator.cpu * 100)} % of a core, lag p99 ${ms(percentileMs(generator.lag, 0.99))} ms, at most ${generator.connectionsPeak} connections`,
    ...generator.limits.map((limit) => `generator was the limit: ${limit}`),
    "",
  ].join("\n");
}

/** One line of live progress. */
export function renderSecond(second: SecondOfTraffic): string {
  const latency = second.p50 === undefined ? "no answers" : `p50 ${ms(second.p50)} p99 ${ms(second.p99)} ms`;
  const errors = second.errors > 0 ? `, ${second.errors} errors` : "";
  const waiting = second.waiting > 0 ? `, ${second.waiting} wait for a connection` : "";
  return `${String(Math.round(second.at / 1000)).padStart(4)} s  asked ${second.asked}/s, answered ${second.completed}/s, ${latency}${errors}${waiting}`;
}

function verdictLine({ verdict }: LoadResult): string {
  switch (verdict.kind) {
    case "passed":
      return "PASSED";
    case "failed":
      return `FAILED: ${verdict.reasons.join("; ")}`;
    case "invalid":
      return `INVALID, the generator was the limit and this says nothing about the server: ${verdict.reasons.join("; ")}`;
    case "aborted":
      return `ENDED EARLY: ${verdict.reason}`;
  }
}

export function describeTraffic(traffic: Traffic): string {
  if (traffic.model === "closed") {
    const [first, last] = [traffic.stages[0], traffic.stages.at(-1)];
    const users = first?.fromUsers === last?.toUsers ? `${last?.toUsers ?? 0}` : `${first?.fromUsers} to ${last?.toUsers}`;
    return `closed model: ${users} users, each waits for its answer`;
  }
  const rates = traffic.stages.map((stage) =>
    stage.fromPerSecond === stage.toPerSecond ? `${stage.toPerSecond}/s` : `${stage.fromPerSecond}/s to ${stage.toPerSecond}/s`,
  );
  return `open model: ${rates.join(", ")}, latency from the intended start`;
}

function heldLine({ perSecond, brokenAt, brokenBy }: NonNullable<LoadResult["highestRateHeld"]>): string {
  const held = `highest rate held: ${Math.round(perSecond)}/s`;
  if (brokenAt === undefined || brokenBy === undefined) return `${held}, to the end`;
  return `${held}; from ${seconds(brokenAt)} on ${brokenBy.metric}${brokenBy.request === undefined ? "" : ` of ${brokenBy.request}`} did not hold`;
}

function row(name: string, totals: RequestTotals, durationMs: number): string[] {
  const errors = Object.values(totals.errors).reduce((sum, times) => sum + times, 0);
  const share = totals.asked === 0 ? "" : ` (${Number(((100 * errors) / totals.asked).toPrecision(2))} %)`;
  return [
    name,
    String(totals.asked),
    String(totals.completed),
    `${errors}${errors > 0 ? share : ""}`,
    durationMs > 0 ? (totals.completed / (durationMs / 1000)).toFixed(1) : "-",
    ...[0.5, 0.9, 0.95, 0.99, 0.999, 1].map((fraction) => ms(percentileMs(totals.latency, fraction))),
  ];
}

/** First column to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((each) => each[column]?.length ?? 0)));
  return rows.map((each) =>
    each.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  "),
  );
}

function countLines(what: string, counts: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(counts);
  return entries.length === 0 ? [] : [`${what}: ${entries.map(([name, times]) => `${name} x ${times}`).join(", ")}`];
}

function errorLines({ errors }: RequestTotals): string[] {
  return loadErrors.flatMap(({ error, words }) => {
    const times = errors[error];
    return times === undefined ? [] : [`error: ${times} x ${words}`];
  });
}

const mostScriptErrors = 5;

function scriptLines(script: LoadResult["script"]): string[] {
  if (script === undefined) return [];
  const { checks, errors } = script;
  return [
    ...checks.map(({ name, passed, failed }) => `check: ${name}: ${passed} held${failed > 0 ? `, ${failed} did NOT` : ""}`),
    ...errors
      .slice(0, mostScriptErrors)
      .map(({ message, at, times }) => `script: ${times} x ${message}${at === undefined ? "" : ` at ${at}`}`),
    ...(errors.length > mostScriptErrors ? [`script: ${errors.length - mostScriptErrors} more, see --json`] : []),
  ];
}

function ms(value: number | undefined): string {
  if (value === undefined) return "-";
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}
