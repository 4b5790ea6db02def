import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createRandom, type LoadResult, readScenario } from "@dojang/load";
import type { PerformanceJob, ServiceSpec } from "@dojang/model";
import type { JobEnvironment } from "../environments/job-environment.ts";
import { emptyDetail, type JobResult } from "../environments/job-result.ts";
import { shardFacts } from "../environments/judge-steps.ts";
import { compareWithBase, comparisonFacts } from "../environments/load/compare-with-base.ts";
import { emptyCaches } from "../environments/load/empty-caches.ts";
import { generatorService } from "../environments/load/generator-service.ts";
import { judgeLoad } from "../environments/load/judge-load-job.ts";
import { loadFactsOf } from "../environments/load/load-facts-of.ts";
import { createMeasurement, type Measurement } from "../environments/load/measure.ts";
import { objectivesOf, type ProfilePlan, profilePlans, requireInside, targetUrl } from "../environments/load/profile-plans.ts";
import { runGenerator } from "../environments/load/run-generator.ts";
import { sampledTransactions } from "../environments/load/sampled-transactions.ts";
import { withStatementCounts } from "../environments/measuring/database-figures.ts";
import { judgeOutsideCalls, withOutside } from "../environments/mocks/outside-result.ts";
import { loadProgram, placeProgram } from "../environments/place-program.ts";
import { stepsPassed } from "../environments/run-steps.ts";
import { jobVariables } from "../environments/run-variables.ts";
import type { LoadFacts } from "../report/load-facts.ts";
import { earlierLoads } from "../store/earlier-loads.ts";
import { appendTransactions } from "../store/transactions.ts";
import type { BaseOfChange, JobContext } from "./job.ts";
import { openForJob } from "./open-for-job.ts";

const measureEveryMs = 500;

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
  requireInside(target, new Set(project.services.flatMap((service) => [service.name, ...service.aliases])));
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
      const compared = await compare({ context, definition, environment, plans, target });
      if (compared !== undefined && load[0] !== undefined) load[0] = { ...load[0], comparison: compared };
    });
  }
  const running = await environment.services();
  await environment.close();
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

type Watch = NonNullable<Parameters<typeof openForJob>[1]["watch"]>;

/** A copy of the system with a generator in it, its database counting statements, its Node services telling how they fare. */
async function openCopy(context: JobContext, definition: PerformanceJob, watch: Watch | undefined): Promise<JobEnvironment> {
  const program = await placeProgram(context.home, loadProgram);
  const services = context.project.services.map((service) => watchedService(service, definition.serviceEnv[service.name] ?? {}));
  return openForJob(context, {
    shard: 1,
    services: [...services, generatorService(program)],
    volumes: context.project.volumes,
    record: false,
    ...(watch === undefined ? {} : { watch }),
  });
}

function watchedService(service: ServiceSpec, own: Readonly<Record<string, string>>): ServiceSpec {
  const counted = withStatementCounts(service);
  return { ...counted, environment: { ...counted.environment, DOJANG_VITALS_MS: String(measureEveryMs), ...own } };
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

interface Compare {
  readonly context: JobContext;
  readonly definition: PerformanceJob;
  readonly environment: JobEnvironment;
  readonly plans: readonly ProfilePlan[];
  readonly target: URL;
}

async function compare({ context, definition, environment, plans, target }: Compare): Promise<LoadFacts["comparison"]> {
  const { job, runtime, emit, signal } = context;
  const [first] = plans;
  if (definition.gate?.regression === undefined || first === undefined) return undefined;
  const base = await context.base();
  if (base === undefined) {
    emit({ kind: "note", job: job.planned.name, text: "not compared with the base: there is none that can be built" });
    return undefined;
  }
  const own = baseContext(context, base);
  await using other = await openCopy(own, definition, undefined);
  const steps = await other.runSteps(definition.prepare, { recorded: false });
  if (!stepsPassed(steps)) {
    emit({
      kind: "note",
      job: job.planned.name,
      text: `not compared with the base ${base.commit}: the steps before the traffic failed there`,
    });
    return undefined;
  }
  const ratePerSecond = first.plan.traffic.model === "open" ? (first.plan.traffic.stages[0]?.fromPerSecond ?? 0) : 0;
  const comparison = await compareWithBase({
    base: { runtime, environmentId: other.id },
    change: { runtime, environmentId: environment.id },
    plan: first.plan,
    target: target.origin,
    ratePerSecond,
    random: createRandom(1),
    signal,
    onProgress: (text) => emit({ kind: "note", job: job.planned.name, text }),
  });
  return comparisonFacts(comparison, base.commit.slice(0, 10));
}

function baseContext(context: JobContext, base: BaseOfChange): JobContext {
  return { ...context, project: base.project, workspace: base.workspace, images: base.images };
}
