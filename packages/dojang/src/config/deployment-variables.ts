import { resolve } from "node:path";
import type { DeploymentEnvironment, DojangFile, Finding } from "@dojang/model";
import { parseDotenv } from "./dotenv.ts";
import type { ProjectFiles } from "./project-files.ts";
import type { YamlSource } from "./yaml-source.ts";

interface ValueSources {
  readonly files: ProjectFiles;
  readonly source: YamlSource;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Gives every deployment environment the values that exist for it: from `values`, else its `file`, else the machine's
 * variable `<ENVIRONMENT>_<NAME>`. Only listed names are taken, and none comes from another environment. Which are missing
 * is told when a job needs them: a laptop that never deploys need not know production's.
 */
export function withEnvironmentValues(file: DojangFile, sources: ValueSources): { file: DojangFile; findings: Finding[] } {
  const findings: Finding[] = [];
  const environments = Object.fromEntries(
    Object.entries(file.environments).map(([name, environment]) => [
      name,
      { ...environment, values: valuesOf(name, environment, { ...sources, findings }) },
    ]),
  );
  return { file: { ...file, environments }, findings };
}

function valuesOf(
  name: string,
  environment: DeploymentEnvironment,
  { files, source, env, findings }: ValueSources & { findings: Finding[] },
): Record<string, string> {
  const fromFile = environment.file === undefined ? {} : readValues(name, environment.file, { files, source, findings });
  const prefix = name.toUpperCase().replace(/[^A-Z0-9]/g, "_");
  const values: Record<string, string> = {};
  for (const variable of environment.variables) {
    const value = environment.values[variable] ?? fromFile[variable] ?? env[`${prefix}_${variable}`];
    if (value !== undefined) values[variable] = value;
  }
  return values;
}

function readValues(
  name: string,
  path: string,
  { files, source, findings }: { files: ProjectFiles; source: YamlSource; findings: Finding[] },
): Readonly<Record<string, string>> {
  const place = source.place(["environments", name, "file"]);
  const text = files.read(resolve(files.directory, path));
  if (text === undefined) {
    findings.push({
      severity: "error",
      code: "env-file-missing",
      place,
      message: `there is no file ${path}`,
      fix: "create it, or remove `file:`",
    });
    return {};
  }
  // A value that names a variable must find it in the same file: nothing of the machine slips in.
  const { values, errors } = parseDotenv(text, { lookup: () => undefined });
  for (const { line, message, fix } of errors)
    findings.push({ severity: "error", code: "env-file-syntax", place: { file: path, line, column: 1 }, message, fix });
  return values;
}
