import { dirname, join, resolve } from "node:path";
import { composeFile, type DojangFile, type Finding, type ServiceSpec } from "@dojang/model";
import { checkCompose } from "./compose-checks.ts";
import type { ComposeContext } from "./compose-context.ts";
import { composeServices, takesPart } from "./compose-services.ts";
import { isMapping, prepareComposeTree } from "./compose-tree.ts";
import { parseDotenv } from "./dotenv.ts";
import type { Lookup } from "./interpolation.ts";
import { leftOutServices, withoutServices } from "./left-out-services.ts";
import type { ProjectFiles } from "./project-files.ts";
import { projectName } from "./project-name.ts";
import { asWritten, judgedLater, parseWithSchema } from "./schema-findings.ts";
import { readYaml, type YamlSource } from "./yaml-source.ts";

const composeNames = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

export function findComposeFile(files: ProjectFiles): string | undefined {
  return composeNames.map((name) => join(files.directory, name)).find((path) => files.kind(path) === "file");
}

export interface ReadCompose {
  readonly path: string | undefined;
  readonly name: string | undefined;
  /** Every service that takes part; undefined without a Compose file. */
  readonly serviceNames: readonly string[] | undefined;
  /** Services of the file that dojang.yml takes out. */
  readonly leftOut: readonly string[];
  readonly services: readonly ServiceSpec[];
  readonly volumes: readonly string[];
  readonly findings: readonly Finding[];
}

interface ComposeRequest {
  readonly files: ProjectFiles;
  readonly source: YamlSource;
  readonly file: DojangFile | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly withoutEnvFile?: boolean;
}

/** Reads the Compose file that dojang.yml names, or the one that is there, into services. */
export function readCompose({ files, source: dojangSource, file, env, withoutEnvFile = false }: ComposeRequest): ReadCompose {
  const nothing = { name: undefined, serviceNames: undefined, leftOut: [], services: [], volumes: [] };
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
  const { lookup, findings: dotenvFindings } = withoutEnvFile
    ? { lookup: lookupIn(env), findings: [] }
    : composeLookup({ files, base, env, source: dojangSource, named: file?.envFile });
  const leftOut = leftOutServices(file);
  const tree = prepareComposeTree({ source, lookup, value: withoutServices(source.value, leftOut) });
  const parsed = parseWithSchema(composeFile, { source, data: tree.data, fallbacks: { services: {} } });
  const written = source.at(["services"]);
  const omitted = isMapping(written) ? Object.keys(written).filter((name) => leftOut.has(name)) : [];
  const findings = [...source.findings, ...dotenvFindings, ...tree.findings, ...parsed.findings];
  const pruned = [...tree.pruned, ...parsed.pruned];
  if (parsed.value === undefined) {
    const names = isMapping(written) ? Object.keys(written).filter((name) => !leftOut.has(name)) : [];
    return { ...nothing, path, serviceNames: names, leftOut: omitted, findings };
  }
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
    name: parsed.value.name === undefined ? undefined : projectName(parsed.value.name),
    serviceNames: [...new Set([...taking, ...wrong])],
    leftOut: omitted,
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

function lookupIn(env: ComposeRequest["env"]): Lookup {
  return (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
}

interface LookupRequest {
  readonly files: ProjectFiles;
  readonly base: string;
  readonly env: ComposeRequest["env"];
  /** dojang.yml, and the env file it names. */
  readonly source: YamlSource;
  readonly named: string | undefined;
}

/** Variables for a Compose file: the process's, then those of dojang.yml's `env-file`, else of .env beside it, as Compose has them. */
function composeLookup({ files, base, env, source, named }: LookupRequest): { lookup: Lookup; findings: Finding[] } {
  const fromProcess = lookupIn(env);
  const path = named === undefined ? join(base, ".env") : resolve(files.directory, named);
  const text = files.read(path);
  if (text === undefined) {
    const missing: Finding = {
      severity: "error",
      code: "env-file-missing",
      place: source.place(["env-file"]),
      message: `there is no file ${named}`,
      fix: "correct the path, or remove `env-file:`",
    };
    return { lookup: fromProcess, findings: named === undefined ? [] : [missing] };
  }
  const { values, errors } = parseDotenv(text, { lookup: fromProcess });
  const file = files.show(path);
  const findings = errors.map(
    ({ line, message, fix }): Finding => ({ severity: "error", code: "env-file-syntax", place: { file, line, column: 1 }, message, fix }),
  );
  return { lookup: (name) => fromProcess(name) ?? (Object.hasOwn(values, name) ? values[name] : undefined), findings };
}
