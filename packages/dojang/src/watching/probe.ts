import type { WatchPlan } from "@dojang/model";
import type { Edge } from "../edge/edge.ts";
import type { EdgeSite } from "../edge/edge-site.ts";
import type { ProbeAnswer } from "../edge/probe-site.ts";

export type Probe = WatchPlan["probes"][number];

/** What one request from outside found. */
export interface ProbeResult {
  readonly probe: string;
  readonly at: number;
  readonly ok: boolean;
  readonly status: number | undefined;
  readonly durationMs: number;
  /** Why it is not ok. */
  readonly error: string | undefined;
}

const usualEveryMs = 30_000;
const usualTimeoutMs = 10_000;

/** Those of the plan, or the site's own health when it names none: any answer below 400 is well then. */
export function probesOf(plan: WatchPlan, site: EdgeSite): readonly Probe[] {
  if (plan.probes.length > 0) return plan.probes;
  return [
    {
      name: undefined,
      http: site.definition.health,
      expect: { withinMs: undefined, p95Ms: undefined },
      everyMs: usualEveryMs,
      timeoutMs: usualTimeoutMs,
    },
  ];
}

export function probeName({ name, http }: Probe): string {
  return name ?? `${http.method} ${http.target}`;
}

/** Asks through nginx, as a visitor does. */
export async function runProbe(options: {
  readonly edge: Pick<Edge, "probe">;
  readonly site: EdgeSite;
  readonly probe: Probe;
  readonly now: number;
  readonly signal: AbortSignal;
}): Promise<ProbeResult> {
  const { edge, site, probe, now, signal } = options;
  const request = { method: probe.http.method, path: probe.http.target };
  const answer = await edge.probe(site, request, { signal, timeoutMs: probe.timeoutMs });
  const error = faultOf(answer, probe.expect);
  return { probe: probeName(probe), at: now, ok: error === undefined, status: answer.status, durationMs: answer.durationMs, error };
}

/** What an answer has wrong, in words; undefined when it is as expected. */
export function faultOf(
  answer: Pick<ProbeAnswer, "status" | "body" | "durationMs" | "error">,
  expect: Probe["expect"],
): string | undefined {
  const { status, body, durationMs, error } = answer;
  if (error !== undefined) return error;
  if (status === undefined) return "no answer";
  if (expect.status === undefined ? status >= 400 : !expect.status.includes(status))
    return `status ${status}, expected ${expect.status === undefined ? "below 400" : expect.status.join(" or ")}`;
  if (expect.contains !== undefined && !body.includes(expect.contains)) return `the answer does not contain "${expect.contains}"`;
  if (expect.withinMs !== undefined && durationMs > expect.withinMs)
    return `the answer took ${Math.round(durationMs)} ms, expected ${expect.withinMs} ms at most`;
  return undefined;
}
