import { randomBytes } from "node:crypto";
import { nameAdvice, Problem, type RunEvent, type Step } from "@dojang/model";
import { plannedSteps } from "../environments/planned-steps.ts";
import { type PlannedStep, runSteps, type StepResult, stepsPassed } from "../environments/run-steps.ts";
import { workspaceMount } from "../environments/workspace.ts";
import { ensureData, type LiveData, neighboursOf } from "./live-data.ts";
import type { ResolvedRelease } from "./resolved-release.ts";
import type { Site } from "./site.ts";
import type { SiteContext } from "./site-context.ts";
import { siteSpecFacts, startSiteEnvironment, stopSiteEnvironment } from "./site-environment.ts";
import { dataEnvironmentId, releaseEnvironmentId, releaseSpec } from "./site-spec.ts";

export interface RunInReleaseOptions {
  /** Besides the site's own: DOJANG_URL. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What is there already; `ensureData` brings it about when absent. */
  readonly data?: LiveData;
  /** Shown with its output: "migrate". */
  readonly job?: string;
}

/**
 * Runs a step once with a release's files and variables: `in` a service, in that service's own tree, else in the release's workspace.
 * None of the release's services has to run. The command has an environment to itself, which is gone afterwards, so it cannot
 * disturb those that serve, and a killed Dojang leaves nothing of it.
 */
export async function runInRelease(
  context: SiteContext,
  site: Site,
  resolved: ResolvedRelease,
  step: Step,
  options: RunInReleaseOptions = {},
): Promise<StepResult> {
  const [result] = await runAllInRelease(context, site, { resolved, steps: [step], ...options });
  // runSteps gives one result for each step it began, and the first is always begun.
  return result!;
}

/** Several, in one environment, until the first that fails and may not. Steps in a data service run where that one lives. */
export async function runAllInRelease(
  context: SiteContext,
  site: Site,
  request: RunInReleaseOptions & { readonly resolved: ResolvedRelease; readonly steps: readonly Step[] },
): Promise<readonly StepResult[]> {
  const { resolved, steps, variables = {}, job = "release" } = request;
  for (const step of steps) checkService(step, resolved);
  const data = request.data ?? (await ensureData(context, site, resolved));
  const running = await runningServices(context, site, resolved);
  const facts = await siteSpecFacts(context, site, resolved);
  const whole = releaseSpec(facts, [...data.neighbours, ...running.filter(({ names }) => !steps.some((step) => names[0] === step.in))]);
  const used = whole.services.filter(({ name }) => steps.some((step) => step.in === name));
  const id = `${site.id}-x${randomBytes(3).toString("hex")}`;
  const spec = {
    ...whole,
    id,
    services: used.map((service) => ({ ...service, dependsOn: [] })),
    workspace: steps.some((step) => step.in === undefined) ? resolved.workspace : undefined,
  };
  try {
    const held = used.map(({ name }) => name);
    await startSiteEnvironment(context, { site, spec, resolved, held, role: "commands", keep: false });
    const results: StepResult[] = [];
    for (const step of planned(steps, resolved, variables)) {
      const isOfData = resolved.services.data.some(({ name }) => name === step.service);
      const environmentId = isOfData ? dataEnvironmentId(site) : id;
      const emit = (event: RunEvent) => context.emit?.(event);
      results.push(...(await runSteps([step], { runtime: context.runtime, environmentId, job, signal: context.signal, emit })));
      if (!stepsPassed(results)) break;
    }
    return results;
  } finally {
    await stopSiteEnvironment(context, id);
  }
}

function checkService({ in: asked }: Step, { services }: ResolvedRelease): void {
  const names = [...services.release, ...services.data].map(({ name }) => name);
  if (asked === undefined || names.includes(asked)) return;
  throw new Problem({
    code: "unknown-service",
    message: `a step is to run in "${asked}", which is no service that lives here`,
    fix: nameAdvice(asked, names, "services"),
    exit: "configuration",
  });
}

/** Steps of the workspace ask the release's services by their names, where it runs. */
async function runningServices(context: SiteContext, site: Site, { release, services }: ResolvedRelease) {
  const id = releaseEnvironmentId(site, release);
  if ((await context.runtime.inspect(id))?.state !== "running") return [];
  return neighboursOf(context, id, services.release);
}

/** Steps of the workspace have the site's own variables: they are no service that Compose gives them to. */
export function planned(
  steps: readonly Step[],
  { project, variables }: ResolvedRelease,
  more: Readonly<Record<string, string>>,
): readonly PlannedStep[] {
  const installed = project.workspace.environment(workspaceMount);
  const around = { recording: {}, jobTimeoutMs: project.file.defaults.timeoutMs };
  return steps.flatMap((step) =>
    plannedSteps([step], {
      ...around,
      variables: step.in === undefined ? { ...installed, ...project.file.env, ...variables, ...more } : more,
    }),
  );
}
