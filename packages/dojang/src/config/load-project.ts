import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { composeFile, type DojangFile, dojangFile, type Finding, Problem, type ServiceSpec } from "@dojang/model";
import { checkCompose } from "./compose-checks.ts";
import type { ComposeContext } from "./compose-context.ts";
import { composeServices, takesPart } from "./compose-services.ts";
import { isMapping, prepareComposeTree } from "./compose-tree.ts";
import { withEnvironmentValues } from "./deployment-variables.ts";
import { checkDojangFile } from "./dojang-file-checks.ts";
import { parseDotenv } from "./dotenv.ts";
import type { Lookup } from "./interpolation.ts";
import { type ProjectFiles, projectFiles } from "./project-files.ts";
import { asWritten, judgedLater, parseWithSchema } from "./schema-findings.ts";
import { type WorkspacePlan, workspacePlan } from "./workspace-plan.ts";
import { readYaml, type YamlSource } from "./yaml-source.ts";

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
  /** Warnings and notes; errors are thrown. */
  readonly findings: readonly Finding[];
}

export interface LoadRequest {
  readonly directory: string;
  /** dojang.yml when absent; relative to the directory. */
  readonly dojangFile?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** Throws Problem `configuration-invalid` with every finding when one of them is an error, `project-missing`, or `dojang-file-missing`. */
export async function loadProject(request: LoadRequest): Promise<LoadedProject> {
  request.signal?.throwIfAborted();
  const { project, findings } = readProject(request);
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

export interface ReadProject {
  /** Absent when dojang.yml cannot be read at all; incomplete when a finding is an error. */
  readonly project: LoadedProject | undefined;
  /** In the order of files and lines. */
  readonly findings: readonly Finding[];
}

/** As `loadProject`, with errors among the findings, for `dojang check`. */
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
  const compose = readCompose({ files, source, file: parsed.value, env: request.env });
  const jobs = source.at(["jobs"]);
  const crossed =
    parsed.value === undefined
      ? []
      : checkDojangFile({
          file: parsed.value,
          source,
          services: compose.serviceNames,
          jobNames: isMapping(jobs) ? Object.keys(jobs) : [],
          pruned: parsed.pruned,
        });
  const variables = parsed.value === undefined ? undefined : withEnvironmentValues(parsed.value, { files, source, env: request.env });
  const findings = inOrder([...source.findings, ...parsed.findings, ...crossed, ...(variables?.findings ?? []), ...compose.findings]);
  if (variables === undefined) return { project: undefined, findings };
  return {
    findings,
    project: {
      directory: files.directory,
      name: variables.file.name ?? compose.name ?? slug(basename(files.directory)),
      dojangFile: path,
      composeFile: compose.path,
      file: variables.file,
      services: compose.services,
      volumes: compose.volumes,
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

const composeNames = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

export function findComposeFile(files: ProjectFiles): string | undefined {
  return composeNames.map((name) => join(files.directory, name)).find((path) => files.kind(path) === "file");
}

interface ReadCompose {
  readonly path: string | undefined;
  readonly name: string | undefined;
  /** Every service that takes part; undefined without a Compose file. */
  readonly serviceNames: readonly string[] | undefined;
  readonly services: readonly ServiceSpec[];
  readonly volumes: readonly string[];
  readonly findings: readonly Finding[];
}

interface ComposeRequest {
  readonly files: ProjectFiles;
  readonly source: YamlSource;
  readonly file: DojangFile | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

function readCompose({ files, source: dojangSource, file, env }: ComposeRequest): ReadCompose {
  const nothing = { name: undefined, serviceNames: undefined, services: [], volumes: [] };
  const named = file?.compose;
  const path = named === undefined ? findComposeFile(files) : resolve(files.directory, named);
  if (path === undefined) return { ...nothing, path, findings: [] };
  const text = files.read(path);
  if (text === undefined) {
    const finding: Finding = {
      severity: "error",
      code: "compose-missing",
      place: dojangSource.place(["compose"]),
      message: `there is no file ${named}`,
      fix: "correct the path, or remove `compose:`",
    };
    return { ...nothing, path, findings: [finding] };
  }
  const source = readYaml({ file: files.show(path), text });
  if (source.value === undefined) return { ...nothing, path, serviceNames: [], findings: source.findings };
  const legacy = legacyFinding(source);
  if (legacy !== undefined) return { ...nothing, path, serviceNames: [], findings: [...source.findings, legacy] };
  const base = dirname(path);
  const { lookup, findings: dotenvFindings } = composeLookup({ files, base, env });
  const tree = prepareComposeTree({ source, lookup });
  const parsed = parseWithSchema(composeFile, { source, data: tree.data, fallbacks: { services: {} } });
  const written = source.at(["services"]);
  const findings = [...source.findings, ...dotenvFindings, ...tree.findings, ...parsed.findings];
  const pruned = [...tree.pruned, ...parsed.pruned];
  if (parsed.value === undefined) return { ...nothing, path, serviceNames: isMapping(written) ? Object.keys(written) : [], findings };
  const context: ComposeContext = {
    file: parsed.value,
    source,
    files,
    base,
    lookup,
    recipes: file?.services ?? {},
    report: ({ severity = "error", code, path: reported, key = false, place, message, fix }) => {
      const at = asWritten(reported, pruned);
      if (judgedLater(at, pruned)) return;
      findings.push({ severity, code, place: place ?? source.place(at, { key }), message, fix });
    },
  };
  const { services, volumes } = composeServices(context);
  checkCompose(context, services);
  const taking = Object.entries(parsed.value.services)
    .filter(([name, service]) => takesPart(name, service))
    .map(([name]) => name);
  const wrong = pruned.flatMap(([top, name]) => (top === "services" && typeof name === "string" ? [name] : []));
  return {
    path,
    name: parsed.value.name === undefined ? undefined : slug(parsed.value.name),
    serviceNames: [...new Set([...taking, ...wrong])],
    services,
    volumes,
    findings,
  };
}

/** In version 1 of the format, services stood at the top of the file. */
function legacyFinding({ value, place }: YamlSource): Finding | undefined {
  if (!isMapping(value) || "services" in value) return undefined;
  const first = Object.entries(value).find(([, service]) => isMapping(service) && ("image" in service || "build" in service));
  if (first === undefined) return undefined;
  return {
    severity: "error",
    code: "compose-version-1",
    place: place([first[0]], { key: true }),
    message: "the services stand at the top of the file, as in version 1 of the Compose format",
    fix: "put them under a key `services:`",
  };
}

/** Variables for a Compose file: the process's, then those of .env beside it, as Compose has them. */
function composeLookup({ files, base, env }: { files: ProjectFiles; base: string; env: ComposeRequest["env"] }): {
  lookup: Lookup;
  findings: Finding[];
} {
  const fromProcess: Lookup = (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
  const path = join(base, ".env");
  const text = files.read(path);
  if (text === undefined) return { lookup: fromProcess, findings: [] };
  const { values, errors } = parseDotenv(text, { lookup: fromProcess });
  const file = files.show(path);
  const findings = errors.map(
    ({ line, message, fix }): Finding => ({ severity: "error", code: "env-file-syntax", place: { file, line, column: 1 }, message, fix }),
  );
  return { lookup: (name) => fromProcess(name) ?? (Object.hasOwn(values, name) ? values[name] : undefined), findings };
}

/** A project's name from a folder's: `My_App` -> `my-app`. */
function slug(text: string): string {
  const cleaned = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return cleaned === "" ? "project" : cleaned;
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
