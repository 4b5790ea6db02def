import { readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { Problem, type ServiceSpec } from "@dojang/model";
import { type LoadedProject, loadProject } from "../config/load-project.ts";

const insistedPattern = /\$\{([A-Za-z_]\w*):?\?/g;

/** How the sources of a release are read: its own dojang.yml under the project's own name. */
export interface SourceReading {
  readonly source: string;
  readonly name: string;
  /** Relative to the sources. */
  readonly dojangFile: string;
  readonly signal: AbortSignal;
}

export async function readSource(reading: SourceReading, env: Readonly<Record<string, string>>): Promise<LoadedProject> {
  const { source: directory, dojangFile, name, signal } = reading;
  // The folder is called `source`, which is nobody's name.
  return { ...(await loadProject({ directory, dojangFile, env, withoutEnvFile: true, signal })), name };
}

/**
 * Before any site is known: variables that the Compose file insists on stand for themselves, the others have their defaults. What is
 * built must not depend on a site, so builds are read of this.
 */
export async function readUnresolved(
  reading: SourceReading,
): Promise<{ readonly project: LoadedProject; readonly variables: readonly string[] }> {
  const text = await composeText(reading);
  const insisted = namesIn(text, insistedPattern);
  const project = await readSource(reading, standIns(insisted));
  const listed = Object.values(project.file.environments).flatMap(({ variables, secrets }) => [...variables, ...secrets]);
  return { project, variables: [...new Set([...namesIn(text, /\$(?:\{([A-Za-z_]\w*)|([A-Za-z_]\w*))/g), ...listed])].sort() };
}

/** A project's folder for deploying from it: what the Compose file insists on is the sites' to give, and need not be set here. */
export async function loadForRelease(
  directory: string,
  { env, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Promise<LoadedProject> {
  const text = await composeText({ source: directory, name: "", dojangFile: "dojang.yml", signal });
  return loadProject({ directory, env: { ...standIns(namesIn(text, insistedPattern)), ...env }, signal });
}

/** Services with `${NAME}` where variables stand; with defaults where a variable stands in place of a number. Paths count from the sources. */
export async function namedServices(
  reading: SourceReading,
  { project, variables }: { readonly project: LoadedProject; readonly variables: readonly string[] },
): Promise<readonly ServiceSpec[]> {
  const named = await readSource(reading, standIns(variables)).catch((error: unknown) => {
    if (error instanceof Problem) return project;
    throw error;
  });
  return JSON.parse(JSON.stringify(named.services).replaceAll(JSON.stringify(reading.source).slice(1, -1), "."));
}

async function composeText({ source, ...reading }: SourceReading): Promise<string> {
  const { composeFile } = await readSource({ source, ...reading }, {}).catch(() => ({ composeFile: undefined }));
  const candidates = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
  const named = /^compose:\s*["']?([^\s"'#]+)/m.exec(await readFile(join(source, reading.dojangFile), "utf8").catch(() => ""))?.[1];
  const paths = [composeFile === undefined ? undefined : relative(source, composeFile), named, ...candidates];
  for (const path of paths) {
    const text = path === undefined ? undefined : await readFile(join(source, path), "utf8").catch(() => undefined);
    if (text !== undefined) return text.replaceAll("$$", "");
  }
  return "";
}

function namesIn(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? ""))].filter((name) => name !== "");
}

function standIns(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `\${${name}}`]));
}

export function dojangFileOf(project: Pick<LoadedProject, "directory" | "dojangFile">): string {
  return relative(project.directory, project.dojangFile) || basename(project.dojangFile);
}
