import { type LoadPlan, makePlan, type Objective, type PlanRequest, type ProfileName, type Scenario } from "@dojang/load";
import { type PerformanceJob, Problem } from "@dojang/model";

export interface ProfilePlan {
  readonly profile: ProfileName;
  readonly plan: LoadPlan;
}

/** One request in so many carries a request id: a slow dot can be followed, and the service's own work on ids stays what it is. */
const requestIdEvery = 20;
const maxSamples = 120_000;

/** Pure: the profiles of a performance job as plans of traffic, in the order in which they make sense: gentle first. */
export function profilePlans(definition: PerformanceJob, scenario: Scenario, target: URL): readonly ProfilePlan[] {
  const { load, stress, spike, soak } = definition.profiles;
  const shapes: readonly (readonly [ProfileName, Partial<PlanRequest> | undefined])[] = [
    ["load", load && { ratePerSecond: load.ratePerSecond, forMs: load.forMs }],
    ["spike", spike && { ratePerSecond: spike.ratePerSecond, peakPerSecond: spike.peakPerSecond, forMs: spike.forMs }],
    ["stress", stress && { ratePerSecond: stress.fromPerSecond, peakPerSecond: stress.toPerSecond, forMs: stress.forMs }],
    ["soak", soak && { ratePerSecond: soak.ratePerSecond, forMs: soak.forMs }],
  ];
  return shapes.flatMap(([profile, shape]) => {
    if (shape === undefined) return [];
    const plan = makePlan({
      ...shape,
      profile,
      scenario,
      target: targetOf(target),
      connections: definition.connections,
      objectives: objectivesOf(definition.gate),
      warmUpMs: definition.caches === "cold" ? 0 : definition.warmUpMs,
      requestIdEvery,
      maxSamples,
      abortEarly: profile === "stress",
    });
    return [{ profile, plan }];
  });
}

export function objectivesOf(gate: PerformanceJob["gate"]): readonly Objective[] {
  const { p50Ms, p95Ms, p99Ms, errors } = gate ?? {};
  const limits: readonly (readonly [Objective["metric"], number | undefined])[] = [
    ["p50", p50Ms],
    ["p95", p95Ms],
    ["p99", p99Ms],
    ["errors", errors],
  ];
  return limits.flatMap(([metric, limit]) => (limit === undefined ? [] : [{ metric, limit }]));
}

/** The address that is asked: of the job, else of the scenario. Variables of the job may stand in it: `$API_URL`. */
export function targetUrl(definition: PerformanceJob, scenario: Scenario, variables: Readonly<Record<string, string>>): URL {
  const written = definition.target ?? scenario.target;
  const fix = "write `target: http://api:8000`, in the job or in the scenario";
  if (written === undefined) throw refused("nobody says which service is asked", fix);
  const replaced = written.replaceAll(/\$\{?([A-Za-z_]\w*)\}?/g, (whole, name: string) => variables[name] ?? whole);
  const url = URL.parse(replaced);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw refused(`the target ${JSON.stringify(replaced)} is no http or https URL`, fix);
}

/** Traffic goes to the environment's own services and nowhere else. */
export function requireInside(url: URL, names: ReadonlySet<string>): void {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (names.has(host)) return;
  throw refused(`the target ${url.host} is no service of the environment`, `aim at one of ${[...names].join(", ")}`);
}

function targetOf(url: URL): LoadPlan["target"] {
  const scheme = url.protocol === "https:" ? "https" : "http";
  return {
    scheme,
    host: url.hostname,
    port: Number(url.port || (scheme === "https" ? 443 : 80)),
    protocol: "http/1.1",
    // Inside, every certificate is the environment's own.
    ...(scheme === "https" ? { tls: { verify: false } } : {}),
  };
}

function refused(message: string, fix: string): Problem {
  return new Problem({ code: "load-target", message, fix, exit: "configuration" });
}
