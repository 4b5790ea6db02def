import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type LoadResult, readScenario } from "@dojang/load";
import type { PerformanceJob } from "@dojang/model";
import { requireInside, targetUrl } from "../config/load-target.ts";
import type { JobEnvironment } from "../environments/job-environment.ts";
import { emptyDetail, type JobResult } from "../environments/job-result.ts";
import { shardFacts } from "../environments/judge-steps.ts";
import { emptyCaches } from "../environments/load/empty-caches.ts";
import { judgeLoad } from "../environments/load/judge-load-job.ts";
import { loadFactsOf } from "../environments/load/load-facts-of.ts";
import { createMeasurement, type Measurement } from "../environments/load/measure.ts";
import { objectivesOf, type ProfilePlan, profilePlans } from "../environments/load/profile-plans.ts";
import { runGenerator } from "../environments/load/run-generator.ts";
import { sampledTransactions } from "../environments/load/sampled-transactions.ts";
import { serviceNames } from "../environments/load/service-names.ts";
import { judgeOutsideCalls, withOutside } from "../environments/mocks/outside-result.ts";
import { stepsPassed } from "../environments/run-steps.ts";
import { jobVariables } from "../environments/run-variables.ts";
import type { LoadFacts } from "../report/load-facts.ts";
import { earlierLoads } from "../store/earlier-loads.ts";
import { appendTransactions } from "../store/transactions.ts";
import type { JobContext } from "./job.ts";
import { compareWithBaseCopy } from "./performance-base.ts";
import { measureEveryMs, openCopy } from "./performance-copy.ts";

/**
 * Kind `performance`: traffic by profiles against a running copy of the system, measured on one clock. With `gate.regression` a copy
 * of the base runs beside it, and both take turns.
 */
export async function runPerformanceJob(context: JobContext, definition: PerformanceJob): Promise<JobResult> {
  const { project, job, emit, signal } = context;
  const name = job.planned.name;
  const variables = { ...context.variables, ...jobVariables(project.file, job.planned) };
  const scenario = await readScenario(join(project.directory, definition.scenario), { environment: variables });
  const target = targetUrl(definition, scenario, variables);
  requireInside(target, serviceNames(project.services));
  const plans = profilePlans(definition, scenario, target);

  const watched: { measurement: Measurement | undefined } = { measurement: undefined };
  await using environment = await openCopy(context, definition, {
    onLine: (line) => watched.measurement?.watch.onLine(line),
    onVitals: (service, vitals) => watched.measurement?.watch.onVitals(service, vitals),
  });
  const measurement = createMeasurement({
    runtime: context.runtime,
    environmentId: () => environment.id,
    services: project.services,
    scraped: definition.metrics,
    everyMs: measureEveryMs,
    onProblem: (text) => emit({ kind: "note", job: name, text }),
  });
  watched.measurement = measurement;
  const prepared = await environment.clock.time("prepare", () => environment.runSteps(definition.prepare, { recorded: false }));
  const load: LoadFacts[] = [];
  if (stepsPassed(prepared)) {
    await environment.clock.time("steps", async () => {
      for (const each of plans) load.push(await runProfile({ context, definition, environment, measurement, target, ...each }));
    });
  }
  const running = await environment.services();
  await environment.close();
  const [first] = load;
  if (first !== undefined) {
    const asked = { context, definition, plan: plans[0]?.plan, target };
    const comparison = await environment.clock.time("steps", () => compareWithBaseCopy(asked));
    if (comparison !== undefined) load[0] = { ...first, comparison };
  }
  signal.throwIfAborted();
  const judged = judgeLoad({ job: name, gate: definition.gate, load, objectives: objectivesOf(definition.gate) });
  const passed = stepsPassed(prepared) && judged.passed;
  const outside = await judgeOutsideCalls({
    store: context.store,
    job: name,
    sources: project.mocks[job.planned.base] ?? [],
    environments: [{ environment: environment.id, mocks: environment.mocks(), egress: environment.egress() }],
    attempts: [],
  });
  const result: JobResult = {
    state: passed ? "passed" : "failed",
    reason: passed ? "done" : "failed",
    summary: stepsPassed(prepared) ? judged.summary : "the steps before the traffic failed",
    detail: {
      ...emptyDetail,
      shards: [shardFacts(1, environment, { steps: prepared, services: running })],
      gates: judged.gates,
      egress: environment.egress(),
      load,
    },
    attempts: [],
    findings: [],
  };
  return withOutside(result, outside);
}

interface RunProfile extends ProfilePlan {
  readonly context: JobContext;
  readonly definition: PerformanceJob;
  readonly environment: JobEnvironment;
  readonly measurement: Measurement;
  readonly target: URL;
}

async function runProfile({ context, definition, environment, measurement, target, profile, plan }: RunProfile): Promise<LoadFacts> {
  const { runtime, signal, emit, store, run, job, project } = context;
  const name = job.planned.name;
  if (definition.caches === "cold") await emptyCaches({ runtime, environmentId: environment.id, services: project.services, signal });
  const traffic = (): Promise<LoadResult> =>
    runGenerator({
      runtime,
      environmentId: environment.id,
      plan,
      target: target.origin,
      signal,
      onSecond: (second) =>
        emit({
          kind: "load",
          job: name,
          profile,
          second: Math.round(second.at / 1000),
          asked: second.asked,
          completed: second.completed,
          errors: second.errors,
          p50Ms: second.p50,
          p99Ms: second.p99,
        }),
    });
  const { result, measured } = await measurement.during(traffic, signal);
  await appendTransactions(store, {
    run: run.id,
    job: job.id,
    transactions: sampledTransactions(result, { environment: environment.id, target }),
  });
  const earlier = await earlierLoads(store, { project: project.name, job: name, profile, before: run.number });
  const facts = loadFactsOf({ job: name, result, measured, cores: availableParallelism(), earlier });
  emit({
    kind: "note",
    job: name,
    text: `${profile}: ${facts.verdict.kind}${facts.verdict.reasons.length > 0 ? `, ${facts.verdict.reasons.join("; ")}` : ""}`,
  });
  for (const hint of facts.hints.slice(0, 2)) emit({ kind: "note", job: name, text: `${profile}: ${hint.text}` });
  return facts;
}
