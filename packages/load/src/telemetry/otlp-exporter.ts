import { randomUUID } from "node:crypto";
import { Problem } from "@dojang/model";
import type { MergedSecond } from "../generator/assemble-result.ts";
import { createHistogram } from "../histogram/log-linear-histogram.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import { requireAllowedHost } from "../plan/parse-target.ts";
import type { LoadResult } from "../result/load-result.ts";
import { type Attributes, type LoadReading, otlpMetrics } from "./otlp-metrics.ts";

/**
 * Sends what a run measures to an OTLP receiver while it runs. It never fails a run: what goes wrong is said once, and tried again with
 * the next reading. One report is on its way at a time; while it is, readings wait and add up.
 */
export interface OtlpExporter {
  second(second: MergedSecond): void;
  /** The whole run as its last report. Resolves when that was sent or given up. */
  finish(result: LoadResult): Promise<void>;
}

export interface OtlpOptions {
  readonly plan: LoadPlan;
  /** As `otlpEndpoint` gives it. */
  readonly endpoint: URL;
  readonly version: string;
  /** `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_EXPORTER_OTLP_HEADERS` are read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly warn: (text: string) => void;
  /** Default 5 s. */
  readonly everySeconds?: number;
}

const limitMs = 3_000;

/** Of a base address as OpenTelemetry's exporters take it; the same rule on hosts as the target's. */
export async function otlpEndpoint(text: string, allowedHosts: readonly string[]): Promise<URL> {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw new Problem({
      code: "load-option",
      message: `\`otlp\` must be an http or https URL, got ${JSON.stringify(text)}`,
      fix: "write --otlp http://127.0.0.1:4318",
      exit: "configuration",
    });
  }
  await requireAllowedHost(url.hostname.replace(/^\[|\]$/g, ""), {
    allowedHosts,
    fix: (host) => `send to this machine, or add --allow-host ${host}`,
  });
  if (!url.pathname.endsWith("/v1/metrics")) url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/metrics`;
  return url;
}

export function createOtlpExporter({ plan, endpoint, version, environment, warn, everySeconds = 5 }: OtlpOptions): OtlpExporter {
  const resource = resourceOf(plan, { version, environment });
  const headers = { ...pairsOf(environment.OTEL_EXPORTER_OTLP_HEADERS), "Content-Type": "application/json" };
  const startedAtMs = Date.now();
  const byName = new Map<
    string,
    { asked: number; completed: number; errors: number; readonly latency: ReturnType<typeof createHistogram> }
  >();
  let interval: MergedSecond[] = [];
  let sending: Promise<void> | undefined;
  let warned = false;

  const send = async (reading: LoadReading): Promise<void> => {
    const failure = await post(endpoint, { headers, body: JSON.stringify(otlpMetrics(reading, { resource, version })) });
    if (failure === undefined || warned) return;
    warned = true;
    warn(`the metrics did not reach ${endpoint.href}: ${failure}; the run goes on, and so do attempts`);
  };
  const requestsNow = (): LoadReading["requests"] =>
    Array.from(byName, ([name, { latency, ...counted }]) => ({ name, ...counted, latency: latency.snapshot() }));

  return {
    second(second) {
      for (const name of second.names) {
        const { asked, completed, errors, latency } = second.of(name);
        const known = byName.get(name) ?? { asked: 0, completed: 0, errors: 0, latency: createHistogram() };
        known.asked += asked;
        known.completed += completed;
        known.errors += errors;
        known.latency.merge(latency);
        byName.set(name, known);
      }
      interval.push(second);
      if (interval.length < everySeconds || sending !== undefined) return;
      const seconds = interval;
      interval = [];
      sending = send({ ...gaugesOf(seconds), startedAtMs, atMs: Date.now(), requests: requestsNow() }).finally(() => {
        sending = undefined;
      });
    },
    async finish(result) {
      await sending;
      const seconds = result.series.length === 0 ? 0 : result.durationMs / 1000;
      const perSecond = (count: number) => (seconds === 0 ? 0 : count / seconds);
      await send({
        ...gaugesOf(result.series.slice(-1)),
        askedPerSecond: perSecond(result.totals.asked),
        achievedPerSecond: perSecond(result.totals.completed),
        startedAtMs,
        atMs: Date.now(),
        requests: result.requests.map(({ name, asked, completed, errors, latency }) => ({
          name,
          asked,
          completed,
          errors: Object.values(errors).reduce((sum, times) => sum + times, 0),
          latency,
        })),
        end: {
          verdict: result.verdict.kind,
          errors: result.requests.flatMap(({ name, errors }) => Object.entries(errors).map(([kind, times]) => ({ name, kind, times }))),
        },
      });
    },
  };
}

type Gauges = Pick<LoadReading, "askedPerSecond" | "achievedPerSecond" | "inFlight" | "connections" | "lagMs" | "generatorCpu">;

function gaugesOf(seconds: readonly LoadResult["series"][number][]): Gauges {
  const last = seconds.at(-1);
  const mean = (of: "asked" | "completed") => seconds.reduce((sum, second) => sum + second[of], 0) / Math.max(1, seconds.length);
  return {
    askedPerSecond: mean("asked"),
    achievedPerSecond: mean("completed"),
    inFlight: last?.inFlight ?? 0,
    connections: last?.connections ?? 0,
    lagMs: Math.max(0, ...seconds.map((second) => second.lagMs)),
    generatorCpu: Math.max(0, ...seconds.map((second) => second.generatorCpu)),
  };
}

/** Says why it failed. A redirect could leave the hosts that are allowed. */
async function post(
  endpoint: URL,
  { headers, body }: { headers: Readonly<Record<string, string>>; body: string },
): Promise<string | undefined> {
  try {
    const response = await fetch(endpoint, { method: "POST", headers, body, redirect: "error", signal: AbortSignal.timeout(limitMs) });
    const text = await response.text();
    if (!response.ok) return `it answered ${response.status} ${text.slice(0, 200)}`.trim();
    return rejectedPoints(text);
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const { cause } = error;
    return error.name === "TimeoutError"
      ? `no answer within ${limitMs} ms`
      : cause instanceof Error
        ? cause.message || error.message
        : error.message;
  }
}

/** A receiver may take a part: `{"partialSuccess": {"rejectedDataPoints": "3", "errorMessage": "..."}}`. */
function rejectedPoints(text: string): string | undefined {
  const found = /"rejectedDataPoints"\s*:\s*"?(\d+)/.exec(text);
  return found === null || Number(found[1]) === 0 ? undefined : `it rejected ${found[1]} data points: ${text.slice(0, 200)}`;
}

function resourceOf(plan: LoadPlan, { version, environment }: Pick<OtlpOptions, "version" | "environment">): Attributes {
  const { target, profile, traffic, scenario } = plan;
  return {
    "service.name": "dojang-load",
    "service.version": version,
    "service.instance.id": randomUUID(),
    "server.address": target.host,
    "server.port": target.port,
    "dojang.load.scenario": scenario.name,
    "dojang.load.profile": profile,
    "dojang.load.model": traffic.model,
    ...pairsOf(environment.OTEL_RESOURCE_ATTRIBUTES),
  };
}

/** `key=value,key=value`, each percent-encoded, as OpenTelemetry's variables are. What is none is left out. */
function pairsOf(text = ""): Readonly<Record<string, string>> {
  const pairs = text.split(",").flatMap((pair) => {
    const [key = "", ...value] = pair.split("=");
    return key.trim() === "" || value.length === 0 ? [] : [[key.trim(), decoded(value.join("=").trim())] as const];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
