import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type DojangFile, type Finding, type PerformanceJob, Problem, type ServiceSpec } from "@dojang/model";
import type { KeyPath } from "./key-path.ts";
import { requireInside, targetUrl } from "./load-target.ts";
import { readYaml } from "./yaml-source.ts";

export interface ScenariosToCheck {
  readonly directory: string;
  /** Absolute. */
  readonly dojangFile: string;
  readonly file: DojangFile;
  readonly services: readonly ServiceSpec[];
}

/** What every run gives its steps, whatever the values are. */
const ofEachRun = [
  ...["CI", "DOJANG", "DOJANG_PROJECT", "DOJANG_RUN", "DOJANG_RUN_NUMBER", "DOJANG_CHANGE", "DOJANG_BRANCH"],
  ...["DOJANG_COMMIT", "DOJANG_JOB", "DOJANG_ENVIRONMENT"],
];

/**
 * What is wrong with the traffic of performance jobs, each at its place: their scenarios, whom they ask, and profiles that would not be
 * what they are called. Nothing is asked.
 */
export async function checkScenarios({ directory, dojangFile, file, services }: ScenariosToCheck): Promise<readonly Finding[]> {
  const jobs = Object.entries(file.jobs).flatMap(([name, job]) => (job.kind === "performance" ? [{ name, job }] : []));
  if (jobs.length === 0) return [];
  // Only who has traffic waits for its reader.
  const { readScenario } = await import("@dojang/load");
  const source = readYaml({ file: relative(directory, dojangFile), text: readFileSync(dojangFile, "utf8") });
  const names = new Set(services.flatMap((service) => [service.name, ...service.aliases]));
  const checked = await Promise.all(
    jobs.map(async ({ name, job }) => {
      const at = (said: Omit<Finding, "place" | "severity">, ...path: KeyPath): Finding => ({
        ...said,
        severity: "error",
        place: source.place(["jobs", name, ...path]),
      });
      const findings = checkProfiles(job, at);
      const environment = variablesOf(file, job);
      try {
        const scenario = await readScenario(join(directory, job.scenario), { environment });
        try {
          requireInside(targetUrl(job, scenario, environment), names);
        } catch (error) {
          findings.push(at(saidBy(error), job.target === undefined ? "scenario" : "target"));
        }
      } catch (error) {
        const { findings: own } = problemOf(error);
        findings.push(
          ...(own.length > 0 ? own.map((finding) => inProject(finding, directory)) : [at(inside(saidBy(error), directory), "scenario")]),
        );
      }
      return findings;
    }),
  );
  return onlyOnce(checked.flat());
}

type At = (said: Omit<Finding, "place" | "severity">, ...path: KeyPath) => Finding;

function checkProfiles({ profiles: { spike, stress } }: PerformanceJob, at: At): Finding[] {
  const findings: Finding[] = [];
  if (spike !== undefined && spike.peakPerSecond <= spike.ratePerSecond)
    findings.push(
      at(
        {
          code: "load-profile",
          message: `the peak of ${spike.peakPerSecond}/s is not above the rate of ${spike.ratePerSecond}/s`,
          fix: "give a `peak` above `rate`, or take the profile `load`",
        },
        ...["profiles", "spike", "peak"],
      ),
    );
  if (stress !== undefined && stress.toPerSecond <= stress.fromPerSecond)
    findings.push(
      at(
        {
          code: "load-profile",
          message: `the ramp goes from ${stress.fromPerSecond}/s to ${stress.toPerSecond}/s and does not climb`,
          fix: "write the lower rate first: `ramp: [50/s, 2000/s]`",
        },
        ...["profiles", "stress", "ramp"],
      ),
    );
  return findings;
}

function variablesOf(file: DojangFile, job: PerformanceJob): Readonly<Record<string, string>> {
  const matrix = Object.keys(job.matrix ?? {}).map((name) => `DOJANG_MATRIX_${name.toUpperCase()}`);
  const deployed = job.environment === undefined ? undefined : file.environments[job.environment]?.values;
  return { ...Object.fromEntries([...ofEachRun, ...matrix].map((name) => [name, ""])), ...deployed, ...file.env, ...job.env };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

function saidBy(error: unknown): Omit<Finding, "place" | "severity"> {
  const { code, message, fix } = problemOf(error);
  return { code, message, fix };
}

function inside(said: Omit<Finding, "place" | "severity">, directory: string): Omit<Finding, "place" | "severity"> {
  const strip = (text: string) => text.replaceAll(`${directory}/`, "");
  return { ...said, message: strip(said.message), fix: strip(said.fix) };
}

function inProject(finding: Finding, directory: string): Finding {
  return { ...finding, ...inside(finding, directory), place: { ...finding.place, file: relative(directory, finding.place.file) } };
}

/** Two jobs may ask the same scenario, whose mistakes are said once. */
function onlyOnce(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify([finding.place, finding.message]), finding])).values()];
}
