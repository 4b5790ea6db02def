import { readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { readProject } from "../config/load-project.ts";
import { findDependencies } from "../config/package-manager.ts";
import { type ProjectFiles, projectFiles } from "../config/project-files.ts";
import { findComposeFile } from "../config/read-compose.ts";

export type TestTool = "playwright" | "vitest" | "jest" | "node-test" | "pytest";

/** A set of tests that some tool runs. */
export interface TestFacts {
  readonly tool: TestTool;
  /** Where the tool runs, "" for the project's folder. */
  readonly folder: string;
  /** Whether they talk to running services, as far as their names tell. */
  readonly integration: boolean;
  /** The file that gave it away. */
  readonly seenIn: string;
}

export interface ServiceFacts {
  readonly name: string;
  /** Whether it is built here, and how it runs is known without help. */
  readonly build: boolean;
  readonly runnable: boolean;
  /** Whether it waits for a database, and so is likely to have its migrations. */
  readonly database: boolean;
}

/** What a repository shows of itself. */
export interface RepositoryFacts {
  readonly name: string;
  readonly language: "node" | "python" | "other";
  readonly scripts: Readonly<Record<string, string>>;
  readonly composeFile: string | undefined;
  readonly services: readonly ServiceFacts[];
  /** Services that ask for what no environment gives: the engine's socket, devices, the host's network. */
  readonly refused: readonly string[];
  readonly tests: readonly TestFacts[];
}

const mostFolders = 400;
const deepest = 4;
const skipped = new Set([
  "node_modules",
  "dist",
  "build",
  "coverage",
  "vendor",
  "venv",
  "target",
  "__pycache__",
  "examples",
  "fixtures",
  "templates",
]);

export function readRepositoryFacts({
  directory,
  env,
}: {
  directory: string;
  env: Readonly<Record<string, string | undefined>>;
}): RepositoryFacts {
  const files = projectFiles(directory);
  const dependencies = findDependencies({ files, folder: files.directory });
  const compose = findComposeFile(files);
  const probe = compose === undefined ? undefined : probeCompose({ directory, env });
  const listing = listFiles(files);
  return {
    name: probe?.name ?? posix.basename(files.directory),
    language: dependencies?.language ?? "other",
    scripts: dependencies?.scripts ?? {},
    composeFile: compose === undefined ? undefined : files.show(compose),
    services: probe?.services ?? [],
    refused: probe?.refused ?? [],
    tests: findTests(listing, files),
  };
}

/** Reads the Compose file as `dojang check` would, with the smallest dojang.yml there is. */
function probeCompose({ directory, env }: { directory: string; env: Readonly<Record<string, string | undefined>> }): {
  name: string;
  services: ServiceFacts[];
  refused: string[];
} {
  const { project, findings } = readProject({ directory, env, text: "version: 1\njobs: { probe: { steps: [{ run: 'true' }] } }\n" });
  const unknown = new Set(
    findings.filter(({ code }) => code === "recipe-unknown" || code === "dockerfile-missing").map(({ place }) => place.path?.split(".")[1]),
  );
  const known = project?.services ?? [];
  const databases = new Set(
    known.filter(({ program }) => program.kind === "image" && databaseImages.test(program.image)).map(({ name }) => name),
  );
  const services = known.map(
    ({ name, program, dependsOn }): ServiceFacts => ({
      name,
      build: program.kind === "build",
      runnable: true,
      database: dependsOn.some(({ service }) => databases.has(service)),
    }),
  );
  const missing = [...unknown].flatMap((name): ServiceFacts[] =>
    name === undefined ? [] : [{ name, build: true, runnable: false, database: false }],
  );
  const paths = findings.filter(({ code, severity }) => code === "compose-refused" && severity === "error").map(({ place }) => place.path);
  const refused = paths.flatMap((path) => /^services\.([^.[]+)/.exec(path ?? "")?.[1] ?? []);
  const kept = [...services, ...missing].filter(({ name }) => !refused.includes(name));
  return { name: project?.name ?? "project", services: kept, refused: [...new Set(refused)] };
}

const databaseImages = /(^|\/)(postgres|postgis|mysql|mariadb)(:|@|$)/;

function listFiles(files: ProjectFiles): string[] {
  const found: string[] = [];
  const pending: { path: string; depth: number }[] = [{ path: "", depth: 0 }];
  for (let count = 0; pending.length > 0 && count < mostFolders; count++) {
    const folder = pending.shift();
    if (folder === undefined) break;
    for (const entry of readdirSync(join(files.directory, folder.path), { withFileTypes: true })) {
      const path = posix.join(folder.path, entry.name);
      if (entry.isFile()) found.push(path);
      else if (entry.isDirectory() && folder.depth < deepest && !entry.name.startsWith(".") && !skipped.has(entry.name))
        pending.push({ path, depth: folder.depth + 1 });
    }
  }
  return found.sort();
}

const integrationWords = /(^|[/._-])(e2e|integration|functional|api-tests?|system|acceptance)([/._-]|$)/i;

function findTests(listing: readonly string[], files: ProjectFiles): TestFacts[] {
  const tests: TestFacts[] = [];
  const add = (tool: TestTool, seenIn: string, folder: string, integration: boolean) => {
    if (!tests.some((test) => test.tool === tool && test.folder === folder && test.integration === integration))
      tests.push({ tool, folder, integration, seenIn });
  };
  const folderOf = (path: string) => (posix.dirname(path) === "." ? "" : posix.dirname(path));
  for (const path of listing) {
    const base = posix.basename(path);
    if (/^playwright\.config\.[cm]?[jt]s$/.test(base)) add("playwright", path, folderOf(path), true);
    else if (/^vitest\.config\.[cm]?[jt]s$/.test(base)) add("vitest", path, folderOf(path), false);
    else if (/^jest\.config\.([cm]?[jt]s|json)$/.test(base)) add("jest", path, folderOf(path), false);
    else if (/^(pytest\.ini|conftest\.py)$/.test(base) || /^test_.*\.py$/.test(base)) add("pytest", path, "", integrationWords.test(path));
    else if (base === "package.json")
      for (const tool of toolsOfManifest(files.read(join(files.directory, path)) ?? "")) add(tool, path, folderOf(path), false);
  }
  return tests;
}

/** Which test runner a package.json's scripts call. */
function toolsOfManifest(text: string): TestTool[] {
  const scripts = /"scripts"\s*:\s*\{([^}]*)\}/.exec(text)?.[1] ?? "";
  const tools: TestTool[] = [];
  if (/\bvitest\b/.test(scripts)) tools.push("vitest");
  if (/\bjest\b/.test(scripts)) tools.push("jest");
  if (/node [^"]*--test\b/.test(scripts)) tools.push("node-test");
  return tools;
}
