import { resolve } from "node:path";
import type { ComposeService } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import { parseDotenv } from "./dotenv.ts";
import type { KeyPath } from "./key-path.ts";

/** A service's variables: its env files in order, then `environment`, then dojang.yml's `env`, each winning over the ones before. */
export function serviceEnvironment(name: string, service: ComposeService, context: ComposeContext): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [index, file] of (service.env_file ?? []).entries()) {
    Object.assign(environment, readEnvFile(file, ["services", name, "env_file", index], context));
  }
  for (const [key, value] of Object.entries(service.environment ?? {})) {
    // Given by name only: passed on from where Dojang runs, and absent when it is not set there.
    const resolved = value ?? context.lookup(key);
    if (resolved !== undefined) environment[key] = resolved;
  }
  return { ...environment, ...context.recipes[name]?.env };
}

type EnvFile = NonNullable<ComposeService["env_file"]>[number];

function readEnvFile(file: EnvFile, path: KeyPath, context: ComposeContext): Readonly<Record<string, string>> {
  const { files, report } = context;
  const absolute = resolve(context.base, file.path);
  const text = files.read(absolute);
  if (!files.contains(absolute)) {
    report({
      code: "path-outside-project",
      path,
      message: `"${file.path}" is outside the project`,
      fix: "keep env files inside the project",
    });
    return {};
  }
  if (text === undefined) {
    if (file.required)
      report({
        code: "env-file-missing",
        path,
        message: `the env file "${file.path}" does not exist`,
        fix: envFileAdvice(absolute, context),
      });
    return {};
  }
  const read = parseDotenv(text, { lookup: context.lookup, raw: file.format === "raw" });
  for (const error of read.errors) {
    report({ code: "env-file-syntax", path, message: `${files.show(absolute)}:${error.line}: ${error.message}`, fix: error.fix });
  }
  return read.values;
}

function envFileAdvice(absolute: string, { files }: ComposeContext): string {
  const example = [".example", ".sample", ".dist", ".template"]
    .map((ending) => absolute + ending)
    .find((candidate) => files.kind(candidate) === "file");
  if (example !== undefined) return `copy ${files.show(example)} to ${files.show(absolute)}`;
  return "create it, or write `{ path: ..., required: false }`";
}
