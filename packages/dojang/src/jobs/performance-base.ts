import { createRandom, type LoadPlan } from "@dojang/load";
import { type PerformanceJob, Problem } from "@dojang/model";
import { requireInside } from "../config/load-target.ts";
import type { JobEnvironment } from "../environments/job-environment.ts";
import { compareWithBase, comparisonFacts } from "../environments/load/compare-with-base.ts";
import { serviceNames } from "../environments/load/service-names.ts";
import { stepsPassed } from "../environments/run-steps.ts";
import type { LoadFacts } from "../report/load-facts.ts";
import type { BaseOfChange, JobContext } from "./job.ts";
import { openCopy } from "./performance-copy.ts";

export interface CompareCopies {
  readonly context: JobContext;
  readonly definition: PerformanceJob;
  /** Of the first profile: its requests are asked, at its rate. */
  readonly plan: LoadPlan | undefined;
  readonly target: URL;
}

/**
 * With `gate.regression`: starts a copy of the base and one of the change, both fresh, for one that has had traffic is warmer and its
 * database fuller. A base that is not there, does not build or does not start is told and fails nothing: the change is not at fault,
 * it may be what mends it.
 */
export async function compareWithBaseCopy({ context, definition, plan, target }: CompareCopies): Promise<LoadFacts["comparison"]> {
  const { job, runtime, emit, signal } = context;
  if (definition.gate?.regression === undefined || plan === undefined) return undefined;
  const tell = (text: string) => emit({ kind: "note", job: job.planned.name, text });
  const found = await context.base();
  if ("missing" in found) return notCompared({ base: found.commit ?? "", reason: found.missing, tell });
  const name = found.commit.slice(0, 10);
  const open = async () => {
    requireInside(target, serviceNames(found.project.services));
    return openPrepared(contextOf(context, found), definition);
  };
  const opened = await open().catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof Problem) return error;
    throw error;
  });
  if (opened instanceof Problem) return notCompared({ base: name, reason: `the base ${name} cannot be started: ${opened.message}`, tell });
  await using base = opened;
  await using change = await openPrepared(context, definition);
  const comparison = await compareWithBase({
    base: { runtime, environmentId: base.id },
    change: { runtime, environmentId: change.id },
    plan,
    target: target.origin,
    ratePerSecond: plan.traffic.model === "open" ? (plan.traffic.stages[0]?.fromPerSecond ?? 0) : 0,
    random: createRandom(1),
    signal,
    onProgress: tell,
  });
  return comparisonFacts(comparison, name);
}

/** A copy that is ready for traffic. Nothing is left of one that cannot be made ready. */
async function openPrepared(context: JobContext, definition: PerformanceJob): Promise<JobEnvironment> {
  const environment = await openCopy(context, definition, undefined);
  try {
    const steps = await environment.runSteps(definition.prepare, { recorded: false });
    if (stepsPassed(steps)) return environment;
    throw new Problem({
      code: "load-not-prepared",
      message: "the steps before the traffic failed",
      fix: "look at what they printed",
      exit: "infrastructure",
    });
  } catch (error) {
    await environment.close();
    throw error;
  }
}

function notCompared({ base, reason, tell }: { base: string; reason: string; tell: (text: string) => void }): LoadFacts["comparison"] {
  tell(`not compared with a base: ${reason}`);
  return { base, verdict: "missing", metrics: [], reasons: [reason] };
}

function contextOf(context: JobContext, { project, workspace, images }: BaseOfChange): JobContext {
  return { ...context, project, workspace, images };
}
