import { type DojangFile, type Finding, type Job, matrixCombinations, matrixJobName, nameAdvice, type Step } from "@dojang/model";
import { checkDeploymentEnvironments } from "./environment-checks.ts";
import type { KeyPath } from "./key-path.ts";
import { asWritten, judgedLater } from "./schema-findings.ts";
import type { YamlSource } from "./yaml-source.ts";

export interface CheckRequest {
  readonly file: DojangFile;
  readonly source: YamlSource;
  /** Names of the Compose file's services; undefined when there is no Compose file. */
  readonly services: readonly string[] | undefined;
  /** Services of the Compose file that dojang.yml takes out: no job may name them. */
  readonly leftOut?: readonly string[];
  /** Names of jobs as written, also of those that are wrong in themselves. */
  readonly jobNames: readonly string[];
  /** Places already found wrong: what stands there is not judged again. */
  readonly pruned: readonly KeyPath[];
}

/** What dojang.yml must keep across its jobs, and between it and the Compose file. */
export function checkDojangFile(request: CheckRequest): Finding[] {
  const findings: Finding[] = [];
  const report: Report = ({ path, key, severity = "error", ...rest }) => {
    // A job in which something was left out is judged once that is mended.
    const written = asWritten(path, request.pruned);
    if (path[0] === "jobs" && judgedLater(written, request.pruned)) return;
    findings.push({ severity, ...rest, place: request.source.place(written, { key: key ?? false }) });
  };
  for (const [name, job] of Object.entries(request.file.jobs)) {
    checkNeeds(name, job, request, report);
    checkEnvironment(name, job, request, report);
    checkSteps(name, job, request, report);
    checkServicesOf(name, job, request, report);
    checkGate(name, job, report);
    checkMatrix(name, job, report);
  }
  checkCycles(request.file, report);
  checkRecipes(request, report);
  checkValues(request.file, report);
  checkDeploymentEnvironments({ file: request.file, services: request.services, report });
  return findings;
}

type Report = (said: { code: string; path: KeyPath; key?: boolean; severity?: Finding["severity"]; message: string; fix: string }) => void;

function checkNeeds(name: string, job: Job, { jobNames }: CheckRequest, report: Report): void {
  const others = jobNames.filter((other) => other !== name);
  const seen = new Set<string>();
  for (const [index, need] of job.needs.entries()) {
    const path = ["jobs", name, "needs", index];
    if (need === name) report({ code: "needs-itself", path, message: `the job ${name} needs itself`, fix: "remove it" });
    else if (!jobNames.includes(need))
      report({ code: "unknown-job", path, message: `there is no job "${need}"`, fix: nameAdvice(need, others, "jobs") });
    else if (seen.has(need)) report({ code: "needs-twice", path, message: `"${need}" is named twice`, fix: "remove one of them" });
    seen.add(need);
  }
}

function checkCycles({ jobs }: DojangFile, report: Report): void {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    if (done.has(name)) return;
    for (const [index, need] of (jobs[name]?.needs ?? []).entries()) {
      const from = [...trail, name].indexOf(need);
      if (from !== -1 && need !== name) {
        const cycle = [...[...trail, name].slice(from), need];
        report({
          code: "needs-cyclic",
          path: ["jobs", name, "needs", index],
          message: `jobs wait for each other: ${cycle.join(" -> ")}`,
          fix: "remove one of these needs",
        });
      } else if (from === -1) visit(need, [...trail, name]);
    }
    done.add(name);
  };
  for (const name of Object.keys(jobs)) visit(name, []);
}

/** Deployment environments that exist without being declared. */
const usualEnvironments = ["staging", "production"];

function checkEnvironment(name: string, job: Job, { file, source }: CheckRequest, report: Report): void {
  const known = [...new Set([...Object.keys(file.environments), ...usualEnvironments])];
  const check = (environment: string, path: KeyPath) => {
    if (known.includes(environment)) return;
    report({
      code: "unknown-environment",
      path,
      message: `there is no environment "${environment}"`,
      fix: `${nameAdvice(environment, known, "environments")}; or declare it under \`environments:\``,
    });
  };
  const fromMatrix = job.matrix?.environment;
  if (job.environment !== undefined) check(job.environment, ["jobs", name, "environment"]);
  for (const [index, environment] of (fromMatrix ?? []).entries())
    check(environment, ["jobs", name, "strategy", "matrix", "environment", index]);
  if (job.kind === "config" && job.environment === undefined && fromMatrix === undefined && source.at(["environments"]) !== undefined) {
    report({
      severity: "warning",
      code: "config-without-environment",
      path: ["jobs", name],
      key: true,
      message: "a config job without an environment gets no deployment environment's variables",
      fix: "add `environment: staging`, or a matrix of environments",
    });
  }
}

interface PlacedStep {
  readonly step: Step;
  readonly path: KeyPath;
}

function stepsOf(name: string, job: Job): PlacedStep[] {
  const placed = (key: string, steps: readonly Step[]) => steps.map((step, index) => ({ step, path: ["jobs", name, key, index] }));
  const single = (key: string, step: Step | undefined) => (step === undefined ? [] : [{ step, path: ["jobs", name, key] }]);
  return [
    ...("prepare" in job ? placed("prepare", job.prepare) : []),
    ...("steps" in job ? placed("steps", job.steps) : []),
    ...("migrate" in job ? single("migrate", job.migrate) : []),
  ];
}

function checkSteps(name: string, job: Job, { services }: CheckRequest, report: Report): void {
  const hasServices =
    job.kind === "integration" ||
    job.kind === "performance" ||
    job.kind === "drill" ||
    job.kind === "deploy" ||
    job.environment !== undefined;
  for (const { step, path } of stepsOf(name, job)) {
    if (step.in === undefined) continue;
    const at = [...path, "in"];
    if (!hasServices) {
      report({
        code: "step-without-service",
        path: at,
        message: `a job of kind ${job.kind} has no running services`,
        fix: "remove `in`, or make the job `kind: integration`",
      });
    } else if ("mocks" in job && Object.hasOwn(job.mocks, step.in)) {
      report({
        code: "step-in-mock",
        path: at,
        message: `in this job ${step.in} is a mock, which has nothing of the service in it`,
        fix: `remove \`in\` and ask it at \`$DOJANG_MOCK_${step.in.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_URL\``,
      });
    } else reportUnknownService(step.in, { path: at, services, report });
  }
}

function checkServicesOf(name: string, job: Job, { services }: CheckRequest, report: Report): void {
  const check = (service: string, path: KeyPath) => reportUnknownService(service, { path: ["jobs", name, ...path], services, report });
  if (
    services === undefined &&
    (job.kind === "integration" || job.kind === "image" || job.kind === "performance" || job.kind === "drill")
  ) {
    report({
      code: "compose-missing",
      path: ["jobs", name],
      key: true,
      message: `a job of kind ${job.kind} needs a Compose file, and there is none`,
      fix: "add compose.yaml, or name the file with `compose:`",
    });
    return;
  }
  if (job.kind === "image") for (const [index, service] of (job.services ?? []).entries()) check(service, ["services", index]);
  if (job.kind === "deploy")
    for (const [index, service] of (job.backup?.before ?? []).entries()) check(service, ["backup", "before", index]);
  if (job.kind !== "drill") return;
  for (const [index, { fault }] of job.drills.entries()) {
    const named = fault.kind === "cut" ? [fault.from, fault.to] : [fault.service];
    // A mock is a service of the environment: it can be stopped like any other.
    const others = named.filter((service) => !Object.hasOwn(job.mocks, service));
    for (const service of others) check(service, ["drills", index, "fault"]);
  }
}

function reportUnknownService(
  service: string,
  { path, services, report }: { path: KeyPath; services: readonly string[] | undefined; report: Report },
): void {
  if (services === undefined || services.includes(service)) return;
  report({ code: "unknown-service", path, message: `there is no service "${service}"`, fix: nameAdvice(service, services, "services") });
}

function checkGate(name: string, job: Job, report: Report): void {
  if (job.kind !== "steps" && job.kind !== "config" && job.kind !== "integration") return;
  const asked = job.gate?.patchCoverage !== undefined ? "patch-coverage" : job.gate?.coverage !== undefined ? "coverage" : undefined;
  if (asked === undefined || job.reports.coverage !== undefined) return;
  report({
    code: "gate-without-report",
    path: ["jobs", name, "gate", asked],
    message: `the gate ${asked} has no coverage to look at`,
    fix: "add `reports: { coverage: coverage/lcov.info }`",
  });
}

function checkMatrix(name: string, job: Job, report: Report): void {
  const seen = new Set<string>();
  for (const combination of matrixCombinations(job.matrix)) {
    const expanded = matrixJobName(name, combination);
    if (seen.has(expanded)) {
      report({
        code: "matrix-twice",
        path: ["jobs", name, "strategy", "matrix"],
        message: `the matrix makes the job "${expanded}" twice`,
        fix: "name each value once",
      });
      return;
    }
    seen.add(expanded);
  }
}

function checkRecipes({ file, services, leftOut = [] }: CheckRequest, report: Report): void {
  for (const name of Object.keys(file.services)) {
    const path = ["services", name];
    if (services === undefined)
      report({
        code: "compose-missing",
        path,
        key: true,
        message: `services.${name} belongs to no Compose file`,
        fix: "add compose.yaml with this service, or name the file with `compose:`",
      });
    else if (!services.includes(name) && !leftOut.includes(name))
      report({
        code: "unknown-service",
        path,
        key: true,
        message: `the Compose file has no service "${name}"`,
        fix: nameAdvice(name, services, "services"),
      });
  }
}

function checkValues({ environments }: DojangFile, report: Report): void {
  for (const [name, environment] of Object.entries(environments)) {
    for (const variable of Object.keys(environment.values)) {
      if (environment.variables.includes(variable)) continue;
      report({
        code: "variable-not-listed",
        path: ["environments", name, "values", variable],
        key: true,
        message: `${variable} is not in the environment's list of variables`,
        fix: `${nameAdvice(variable, environment.variables, "variables")}; or add it to environments.${name}.variables`,
      });
    }
  }
}
