import type { DojangFile, PlannedJob } from "@dojang/model";
import { Problem } from "@dojang/model";

export interface RunVariablesRequest {
  readonly project: string;
  readonly run: { readonly id: string; readonly number: number };
  readonly change: string;
  readonly branch: string | undefined;
  readonly commit: string | undefined;
}

/** Variables every step of a run sees. `CI` makes test runners print for machines and refuse `.only`. */
export function runVariables({ project, run, change, branch, commit }: RunVariablesRequest): Readonly<Record<string, string>> {
  return {
    CI: "true",
    DOJANG: "true",
    DOJANG_PROJECT: project,
    DOJANG_RUN: run.id,
    DOJANG_RUN_NUMBER: String(run.number),
    DOJANG_CHANGE: change,
    ...(branch === undefined ? {} : { DOJANG_BRANCH: branch }),
    ...(commit === undefined ? {} : { DOJANG_COMMIT: commit }),
  };
}

/** What a job adds: its matrix values, its own `env`, and the variables of the deployment environment it names. */
export function jobVariables(file: DojangFile, job: PlannedJob): Readonly<Record<string, string>> {
  const matrix = Object.entries(job.matrix).map(([name, value]) => [`DOJANG_MATRIX_${name.toUpperCase()}`, value]);
  return {
    DOJANG_JOB: job.name,
    ...Object.fromEntries(matrix),
    ...(job.environment === undefined ? {} : { DOJANG_ENVIRONMENT: job.environment, ...deploymentVariables(file, job.environment) }),
    ...file.env,
    ...job.definition.env,
  };
}

/** The allow-list decides: a name without a value stops the job, and nothing falls back from elsewhere. */
function deploymentVariables(file: DojangFile, name: string): Readonly<Record<string, string>> {
  const environment = file.environments[name];
  if (environment === undefined) return {};
  const missing = environment.variables.filter((variable) => environment.values[variable] === undefined);
  if (missing.length > 0) {
    throw new Problem({
      code: "variable-missing",
      message: `environment ${name} has no value for ${missing.join(", ")}`,
      fix: `give it under environments.${name}.values or in its file; it does not fall back to another environment`,
      exit: "configuration",
    });
  }
  return environment.values;
}
