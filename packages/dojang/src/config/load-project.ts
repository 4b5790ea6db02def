import { existsSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type DojangFile, dojangFile, type Finding, Problem, type ServiceSpec } from "@dojang/model";
import { isMapping } from "./compose-tree.ts";
import { withEnvironmentValues } from "./deployment-variables.ts";
import { checkDojangFile } from "./dojang-file-checks.ts";
import { checkMockContents } from "./mock-contents.ts";
import { type MocksOfJobs, mockSources } from "./mock-sources.ts";
import { type ProjectFiles, projectFiles } from "./project-files.ts";
import { projectName } from "./project-name.ts";
import { readCompose } from "./read-compose.ts";
import { checkScenarios } from "./scenario-contents.ts";
import { parseWithSchema } from "./schema-findings.ts";
import { type WorkspacePlan, workspacePlan } from "./workspace-plan.ts";
import { readYaml } from "./yaml-source.ts";

/** A project's configuration, read, interpolated and checked. */
export interface LoadedProject {
  /** Absolute, with symbolic links resolved. */
  readonly directory: string;
  readonly name: string;
  /** Absolute. */
  readonly dojangFile: string;
  /** Absolute; undefined when the project has none. */
  readonly composeFile: string | undefined;
  readonly file: DojangFile;
  readonly services: readonly ServiceSpec[];
  /** Names of the volumes that services mount. */
  readonly volumes: readonly string[];
  /** How the checkout gets its dependencies before steps run. */
  readonly workspace: WorkspacePlan;
  /** Outside systems that are played, by job. */
  readonly mocks: MocksOfJobs;
  /** Warnings and notes; errors are thrown. */
  readonly findings: readonly Finding[];
}

export interface LoadRequest {
  readonly directory: string;
  /** dojang.yml when absent; relative to the directory. */
  readonly dojangFile?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Neither `env-file` nor .env is read: `env` is everything that a site has. */
  readonly withoutEnvFile?: boolean;
  readonly signal?: AbortSignal;
}

/** Throws Problem `configuration-invalid` with every finding when one of them is an error, `project-missing`, or `dojang-file-missing`. */
export async function loadProject(request: LoadRequest): Promise<LoadedProject> {
  request.signal?.throwIfAborted();
  const { project, findings } = await checkProject(request);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (project !== undefined && errors.length === 0) return project;
  throw new Problem({
    code: "configuration-invalid",
    message: `the configuration has ${errors.length} error${errors.length === 1 ? "" : "s"}`,
    fix: "mend the places above; `dojang check` shows them again",
    exit: "configuration",
    findings,
  });
}

/** As `loadProject`, with errors among the findings: what `dojang check` says. */
export async function checkProject(request: LoadRequest): Promise<ReadProject> {
  const read = readProject(request);
  if (read.project === undefined) return read;
  const findings = [...read.findings, ...(await checkMockContents(read.project)), ...(await checkScenarios(read.project))];
  return { findings, project: { ...read.project, findings: findings.filter(({ severity }) => severity !== "error") } };
}

export interface ReadProject {
  /** Absent when dojang.yml cannot be read at all; incomplete when a finding is an error. */
  readonly project: LoadedProject | undefined;
  /** In the order of files and lines. */
  readonly findings: readonly Finding[];
}

/** dojang.yml and the Compose file, without the files that they name. */
export function readProject(
  request: LoadRequest & { /** Read instead of the file: what `dojang init` is about to write. */ readonly text?: string },
): ReadProject {
  const files = openProject(request.directory);
  const path = resolve(files.directory, request.dojangFile ?? "dojang.yml");
  const text = request.text ?? files.read(path);
  if (text === undefined) throw dojangFileMissing(files, path);
  const source = readYaml({ file: files.show(path), text });
  const parsed =
    source.value === undefined
      ? { value: undefined, findings: [], pruned: [] }
      : parseWithSchema(dojangFile, { source, data: source.value, fallbacks: { version: 1 } });
  const compose = readCompose({ files, source, file: parsed.value, env: request.env, withoutEnvFile: request.withoutEnvFile });
  const jobs = source.at(["jobs"]);
  const crossed =
    parsed.value === undefined
      ? []
      : checkDojangFile({
          file: parsed.value,
          source,
          services: compose.serviceNames,
          leftOut: compose.leftOut,
          jobNames: isMapping(jobs) ? Object.keys(jobs) : [],
          pruned: parsed.pruned,
        });
  const variables = parsed.value === undefined ? undefined : withEnvironmentValues(parsed.value, { files, source, env: request.env });
  const played = parsed.value === undefined ? undefined : mockSources(parsed.value, { files, source });
  const findings = inOrder([
    ...source.findings,
    ...parsed.findings,
    ...crossed,
    ...(variables?.findings ?? []),
    ...(played?.findings ?? []),
    ...compose.findings,
  ]);
  if (variables === undefined) return { project: undefined, findings };
  return {
    findings,
    project: {
      directory: files.directory,
      name: variables.file.name ?? compose.name ?? projectName(basename(files.directory)),
      dojangFile: path,
      composeFile: compose.path,
      file: variables.file,
      services: compose.services,
      volumes: compose.volumes,
      mocks: played?.mocks ?? {},
      workspace: workspacePlan(variables.file.workspace, { files, env: request.env }),
      findings: findings.filter(({ severity }) => severity !== "error"),
    },
  };
}

function openProject(directory: string): ProjectFiles {
  const absolute = resolve(directory);
  if (existsSync(absolute) && statSync(absolute).isDirectory()) return projectFiles(absolute);
  throw new Problem({
    code: "project-missing",
    message: `${absolute} is no folder`,
    fix: "name the folder of a project",
    exit: "configuration",
  });
}

function dojangFileMissing(files: ProjectFiles, path: string): Problem {
  const inside = files.contains(path);
  return new Problem({
    code: "dojang-file-missing",
    message: inside ? `there is no ${files.show(path)} in ${files.directory}` : `${path} is outside the project ${files.directory}`,
    fix: inside ? "run `dojang init` there, which writes one" : "name a file inside the project",
    exit: "configuration",
  });
}

function inOrder(findings: readonly Finding[]): Finding[] {
  const files = [...new Set(findings.map(({ place }) => place.file))];
  return findings.toSorted(
    (a, b) =>
      files.indexOf(a.place.file) - files.indexOf(b.place.file) ||
      (a.place.line ?? 0) - (b.place.line ?? 0) ||
      (a.place.column ?? 0) - (b.place.column ?? 0),
  );
}
