import { join } from "node:path";
import type { ProjectFiles } from "./project-files.ts";

/** How a folder's dependencies are installed, told from its lock files. */
export interface Dependencies {
  readonly language: "node" | "python";
  readonly tool: "npm" | "pnpm" | "yarn" | "pip";
  readonly install: readonly string[];
  /** What stands before a package manager's command: `npx --yes pnpm@9.1.0`. */
  readonly prefix: string;
  /** Said to the user: "npm, from package-lock.json". */
  readonly origin: string;
  /** package.json's scripts. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Variables under which what was installed is found. */
  readonly environment: (directory: string) => Readonly<Record<string, string>>;
}

export interface DependencyRequest {
  readonly files: ProjectFiles;
  readonly folder: string;
  /** Requirement files a Dockerfile installs; requirements.txt when empty. */
  readonly requirements?: readonly string[];
  readonly language?: "node" | "python" | "other";
}

export function findDependencies(request: DependencyRequest): Dependencies | undefined {
  const { language } = request;
  if (language === "other") return undefined;
  if (language !== "python") {
    const node = nodeDependencies(request);
    if (node !== undefined) return node;
  }
  return language === "node" ? undefined : pythonDependencies(request);
}

/** Hosts from which a package manager takes packages, when nothing else is configured. */
export function registryHosts(
  tool: Dependencies["tool"],
  { env, files, folder }: { env: Readonly<Record<string, string | undefined>>; files: ProjectFiles; folder: string },
): string[] {
  const configured =
    tool === "pip"
      ? [env.PIP_INDEX_URL, env.PIP_EXTRA_INDEX_URL]
      : [env.npm_config_registry, env.NPM_CONFIG_REGISTRY, env.YARN_NPM_REGISTRY_SERVER, npmrcRegistry(files.read(join(folder, ".npmrc")))];
  const usual =
    tool === "pip"
      ? ["pypi.org", "files.pythonhosted.org"]
      : tool === "yarn"
        ? ["registry.npmjs.org", "registry.yarnpkg.com"]
        : ["registry.npmjs.org"];
  const hosts = configured.flatMap((text) => (text ?? "").split(/\s+/)).flatMap((text) => URL.parse(text)?.host ?? []);
  return [...new Set([...hosts.filter((host) => host !== ""), ...usual])];
}

function npmrcRegistry(text: string | undefined): string | undefined {
  return text?.match(/^\s*(?:@[\w-]+:)?registry\s*=\s*(\S+)/m)?.[1];
}

function nodeDependencies({ files, folder }: DependencyRequest): Dependencies | undefined {
  const text = files.read(join(folder, "package.json"));
  if (text === undefined) return undefined;
  const manifest = readManifest(text);
  const has = (name: string) => files.kind(join(folder, name)) === "file";
  const base = { language: "node" as const, scripts: manifest.scripts, environment: () => ({}) };
  const [declaredTool, declaredVersion] = (manifest.packageManager ?? "").split("+")[0]?.split("@") ?? [];
  if (has("pnpm-lock.yaml") || declaredTool === "pnpm") {
    const version =
      declaredTool === "pnpm" && declaredVersion ? declaredVersion : pnpmVersion(files.read(join(folder, "pnpm-lock.yaml")) ?? "");
    const prefix = `npx --yes pnpm@${version}`;
    return {
      ...base,
      tool: "pnpm",
      prefix,
      install: [`${prefix} install --frozen-lockfile --prod=false`],
      origin: "pnpm, from pnpm-lock.yaml",
    };
  }
  if (has("yarn.lock") || declaredTool === "yarn") {
    const berry = has(".yarnrc.yml") || Number(declaredVersion?.split(".")[0]) >= 2;
    const prefix =
      declaredTool === "yarn" && declaredVersion && !berry
        ? `npx --yes yarn@${declaredVersion}`
        : berry
          ? `npx --yes @yarnpkg/cli-dist@${declaredVersion ?? "4"}`
          : "npx --yes yarn@1";
    const install = berry ? `${prefix} install --immutable` : `${prefix} install --frozen-lockfile --production=false --non-interactive`;
    return { ...base, tool: "yarn", prefix, install: [install], origin: "yarn, from yarn.lock" };
  }
  const locked = has("package-lock.json") || has("npm-shrinkwrap.json");
  const install = locked ? "npm ci --include=dev --no-audit --no-fund" : "npm install --include=dev --no-audit --no-fund";
  return { ...base, tool: "npm", prefix: "npm", install: [install], origin: `npm, from ${locked ? "package-lock.json" : "package.json"}` };
}

function pnpmVersion(lock: string): string {
  const format = Number(/^lockfileVersion:\s*['"]?(\d+)/m.exec(lock)?.[1] ?? 9);
  return format >= 9 ? "9" : format >= 6 ? "8" : "7";
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly packageManager: string | undefined;
}

function readManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // npm itself will say what is wrong with it, with the place.
    return { scripts: {}, packageManager: undefined };
  }
  const record = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const scripts = typeof record.scripts === "object" && record.scripts !== null ? Object.entries(record.scripts) : [];
  return {
    scripts: Object.fromEntries(scripts.filter((entry): entry is [string, string] => typeof entry[1] === "string")),
    packageManager: typeof record.packageManager === "string" ? record.packageManager : undefined,
  };
}

const virtualEnvironment = ".venv";

function pythonDependencies({ files, folder, language, requirements = [] }: DependencyRequest): Dependencies | undefined {
  const has = (name: string) => files.kind(join(folder, name)) === "file";
  const named = requirements.filter(has);
  const lists = named.length > 0 ? named : ["requirements.txt"].filter(has);
  const packaged = has("pyproject.toml") || has("setup.py");
  if (lists.length === 0 && !packaged && language !== "python") return undefined;
  const pip = `${virtualEnvironment}/bin/pip install --disable-pip-version-check`;
  return {
    language: "python",
    tool: "pip",
    prefix: pip,
    // With the machine's modules visible, so that those of the distribution (psycopg2, lxml) need no compiler.
    install: [
      `python3 -m venv --system-site-packages ${virtualEnvironment}`,
      ...(lists.length > 0 ? lists.map((list) => `${pip} -r ${list}`) : packaged ? [`${pip} .`] : []),
    ],
    origin: lists.length > 0 ? `pip, from ${lists.join(", ")}` : packaged ? "pip, from pyproject.toml" : "no requirements found",
    scripts: {},
    environment: (directory) => ({
      VIRTUAL_ENV: `${directory}/${virtualEnvironment}`,
      PATH: `${directory}/${virtualEnvironment}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    }),
  };
}
