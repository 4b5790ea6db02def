import type { MutationJob } from "@dojang/model";
import { emptyDetail, type JobResult } from "../environments/job-result.ts";
import { shardFacts } from "../environments/judge-steps.ts";
import { chooseTargets, type Engine } from "../environments/mutation/choose-targets.ts";
import { judgeMutation } from "../environments/mutation/judge-mutation.ts";
import { type EngineRun, runEngine } from "../environments/mutation/run-engine.ts";
import { type StepResult, stepsPassed } from "../environments/run-steps.ts";
import { jobVariables } from "../environments/run-variables.ts";
import type { JobContext } from "./job.ts";
import { openCaches, openForJob } from "./open-for-job.ts";

const engines: readonly Engine[] = ["stryker", "pytest"];

/**
 * Kind `mutation`: small changes of the lines that the change touched, one at a time, and whether a test notices. Bounded by count and time;
 * what survives is said on its line.
 */
export async function runMutationJob(context: JobContext, definition: MutationJob): Promise<JobResult> {
  const { project, job, emit, signal } = context;
  const name = job.planned.name;
  const { sources } = await context.workspace();
  const changed = definition.lines === "changed" ? await context.changedLines() : undefined;
  const targets = chooseTargets({ definition, sources, changed });
  if (targets.allBecause !== undefined) emit({ kind: "note", job: name, text: targets.allBecause });
  const wanted = engines.filter((engine) => targets.of[engine].length > 0);
  if (wanted.length === 0) return nothingToBreak(definition);

  await using environment = await openForJob(context, { shard: 1, services: [], volumes: [], record: false });
  const caches = await openCaches(context, environment);
  const prepared = await environment.clock.time("prepare", () => environment.runSteps(definition.prepare, { recorded: false }));
  const runs: EngineRun[] = [];
  if (stepsPassed(prepared)) {
    await environment.clock.time("steps", async () => {
      const until = Date.now() + definition.withinMs;
      for (const [index, engine] of wanted.entries()) {
        // What one has not used of its part the next one has.
        const withinMs = Math.max(1000, (until - Date.now()) / (wanted.length - index));
        const run = await runEngine({
          runtime: context.runtime,
          environmentId: environment.id,
          preloadDirectory: context.preloadDirectory,
          engine,
          job: name,
          targets: targets.of[engine],
          variables: { ...context.variables, ...jobVariables(project.file, job.planned), ...variablesOf(definition) },
          atMost: Math.max(1, Math.floor(definition.atMost / wanted.length)),
          withinMs,
          command: commandOf(definition),
          config: definition.config,
          engineFrom: definition.engineFrom,
          tests: definition.tests,
          signal,
          onMutant: ({ status, file, line, operator }) =>
            emit({ kind: "output", job: name, source: "mutants", stream: "stdout", text: `${status} ${file}:${line} ${operator}\n` }),
          onOutput: (text) => emit({ kind: "output", job: name, source: "mutants", stream: "stderr", text: `${text}\n` }),
        });
        runs.push(run);
      }
    });
  }
  if (stepsPassed(prepared)) await caches.save();
  await environment.close();
  const mutations = runs.map((run) => run.facts);
  const judged = judgeMutation({ job: name, gate: definition.gate, mutations });
  const passed = stepsPassed(prepared) && judged.passed;
  const shard = shardFacts(1, environment, { steps: prepared, services: [] });
  return {
    state: passed ? "passed" : "failed",
    reason: passed ? "done" : "failed",
    summary: stepsPassed(prepared) ? withScope(judged.summary, targets.allBecause) : `${failedStep(prepared)} before any mutant was tried`,
    detail: {
      ...emptyDetail,
      shards: [{ ...shard, steps: [...shard.steps, ...runs.map((run) => run.step)] }],
      gates: judged.gates,
      egress: environment.egress(),
      mutations,
      notes: targets.allBecause === undefined ? [] : [targets.allBecause],
    },
    attempts: [],
    findings: judged.findings,
  };
}

function nothingToBreak({ mutate }: MutationJob): JobResult {
  const summary = `the change touches none of ${mutate.join(", ")}: nothing to break`;
  return { state: "passed", reason: "done", summary, detail: emptyDetail, attempts: [], findings: [] };
}

/** Each step in its folder; one that may fail notices nothing. */
function commandOf({ steps }: MutationJob): string | undefined {
  if (steps.length === 0) return undefined;
  return steps
    .map((step) => `(${step.workingDirectory === undefined ? "" : `cd '${step.workingDirectory}' && `}${step.run}\n)`)
    .join(" && ");
}

function variablesOf({ steps }: MutationJob): Readonly<Record<string, string>> {
  return Object.assign({}, ...steps.map((step) => step.env));
}

function failedStep(steps: readonly StepResult[]): string {
  const failed = steps.find((step) => step.exitCode !== 0 && !step.allowFailure);
  return failed === undefined ? "a step failed" : `step "${failed.name}" ended with ${failed.exitCode}`;
}

function withScope(summary: string, allBecause: string | undefined): string {
  return allBecause === undefined ? summary : `${summary} (${allBecause})`;
}
