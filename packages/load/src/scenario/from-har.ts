import { Problem } from "@dojang/model";
import { stringify } from "yaml";
import { correlate } from "./correlate.ts";
import { parseHar } from "./har.ts";
import type { Flow, RequestTemplate } from "./scenario.ts";

export interface FromHarOptions {
  /** Only exchanges with this host and port; the most frequent when absent. */
  readonly host?: string;
}

const leastThinkMs = 500;
const mostFlows = 50;

/** A scenario file made from recorded traffic: each visit a flow, equal visits once with their number as weight. */
export function scenarioFromHar(file: string, text: string, { host }: FromHarOptions = {}): string {
  const all = parseHar(file, text);
  const chosen = host ?? mostFrequent(all.map((exchange) => exchange.url.host));
  const own = all.filter((exchange) => exchange.url.host === chosen);
  const [first] = own;
  if (chosen === undefined || first === undefined) {
    const hosts = [...new Set(all.map((exchange) => exchange.url.host))];
    throw new Problem({
      code: "har-empty",
      message: host === undefined ? `${file} has no HTTP exchange` : `${file} has no exchange with ${host}`,
      fix: hosts.length === 0 ? "record some traffic first" : `choose one of ${hosts.join(", ")}`,
      exit: "configuration",
      place: { file },
    });
  }
  const visits = Map.groupBy(own, (exchange) => exchange.visit);
  const flows = new Map<string, { flow: Flow; times: number }>();
  for (const [name, exchanges] of visits) {
    const requests = correlate(exchanges, { leastThinkMs });
    const likeness = requests.map((request) => request.name).join("\n");
    const known = flows.get(likeness);
    if (known !== undefined) known.times++;
    else flows.set(likeness, { flow: { name, weight: 1, requests }, times: 1 });
  }
  const kept = [...flows.values()].toSorted((a, b) => b.times - a.times).slice(0, mostFlows);
  return stringify(
    {
      name: `from ${file}`,
      target: first.url.origin,
      flows: kept.map(({ flow, times }) => ({ name: flow.name, weight: times, requests: flow.requests.map(writeRequest) })),
    },
    { lineWidth: 140 },
  );
}

function writeRequest({ name, method, url, headers, body, captures, checks, thinkMs }: RequestTemplate): unknown {
  const statuses = checks.flatMap((check) => (check.kind === "status" ? check.oneOf : []));
  return {
    request: `${method} ${url}`,
    name,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers.map((header) => [header.name, header.value])) }),
    ...(body === undefined ? {} : { body }),
    ...(captures.length === 0
      ? {}
      : { capture: Object.fromEntries(captures.map(({ as, from }) => [as, "json" in from ? from.json : from])) }),
    expect: { status: statuses.length === 1 ? statuses[0] : statuses },
    ...(thinkMs === undefined ? {} : { think: `${thinkMs[0]}ms-${thinkMs[1]}ms` }),
  };
}

function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
