import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildRecipe } from "@dojang/model";
import { authoritiesPath } from "./host-view.ts";

/** Where this machine is set up to fetch packages from, so that a build fetches them from there too. Never credentials. */
export interface Registries {
  readonly environment: Readonly<Record<string, string>>;
  /** Hosts a build may always reach: literal, so also when they are on this network. */
  readonly hosts: readonly string[];
  readonly readOnlyPaths: readonly { readonly path: string; readonly kind: "folder" | "file" }[];
  /** Part of a build's key. */
  readonly identity: string;
}

export async function packageRegistries(language: BuildRecipe["language"]): Promise<Registries> {
  if (language === "node") return nodeRegistries(await npmConfig(["registry", "replace-registry-host"]));
  if (language === "python") return pythonRegistries(await pipConfig());
  return noRegistries;
}

export const noRegistries: Registries = { environment: {}, hosts: [], readOnlyPaths: [], identity: "" };

const publicNpm = "https://registry.npmjs.org/";

/** Pure. */
export function nodeRegistries(config: Readonly<Record<string, string>>): Registries {
  const registry = withoutCredentials(config.registry) ?? publicNpm;
  return {
    environment: { npm_config_registry: registry, NODE_EXTRA_CA_CERTS: authoritiesPath },
    hosts: [...new Set([new URL(registry).hostname, new URL(publicNpm).hostname, "nodejs.org"])],
    readOnlyPaths: [],
    identity: registry,
  };
}

/** Pure but for asking which local folders exist: pip may be told to look into folders of the machine. */
export async function pythonRegistries(config: Readonly<Record<string, readonly string[]>>): Promise<Registries> {
  const index = withoutCredentials(config["index-url"]?.[0]) ?? "https://pypi.org/simple/";
  const extra = (config["extra-index-url"] ?? []).map(withoutCredentials).filter((url) => url !== undefined);
  const links = config["find-links"] ?? [];
  const remote = [index, ...extra].filter((url) => url.startsWith("http")).map((url) => new URL(url).hostname);
  const local = [...links, ...extra.filter((url) => url.startsWith("file:")).map((url) => shelfOf(fileURLToPath(url)))];
  const folders = await Promise.all(local.map(async (path) => ({ path, found: await stat(path).catch(() => undefined) })));
  return {
    environment: {
      PIP_INDEX_URL: index,
      ...(extra.length > 0 ? { PIP_EXTRA_INDEX_URL: extra.join(" ") } : {}),
      ...(links.length > 0 ? { PIP_FIND_LINKS: links.join(" ") } : {}),
      PIP_CERT: authoritiesPath,
    },
    hosts: [...new Set([...remote, "pypi.org", "files.pythonhosted.org"])],
    readOnlyPaths: folders.flatMap(({ path, found }) =>
      found ? [{ path, kind: found.isDirectory() ? ("folder" as const) : ("file" as const) }] : [],
    ),
    identity: [index, ...extra, ...links].join(" "),
  };
}

/** An index of links, `simple/`, lies beside the files it links to. */
function shelfOf(index: string): string {
  return basename(index) === "simple" ? dirname(index) : index;
}

function withoutCredentials(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.username = "";
  url.password = "";
  return url.href;
}

const askLimitMs = 20_000;

async function npmConfig(names: readonly string[]): Promise<Record<string, string>> {
  const fromEnvironment = process.env.npm_config_registry;
  if (fromEnvironment !== undefined) return { registry: fromEnvironment };
  const said = await ask("npm", ["config", "get", ...names]);
  // One name is printed alone, several as name=value.
  return Object.fromEntries(
    said.split("\n").flatMap((line) => (line.includes("=") ? [[line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]] : [])),
  );
}

/** `global.index-url='https://...'`, `:env:.find-links='/a /b'`: one setting a line; the environment's come last and win. */
async function pipConfig(): Promise<Record<string, readonly string[]>> {
  const said = await ask("python3", ["-m", "pip", "config", "list"]);
  const settings = said
    .split("\n")
    .map((line) => /^[^.]*\.([a-z-]+)='(.*)'$/.exec(line))
    .filter((match) => match !== null);
  return Object.fromEntries(settings.map(([, name = "", value = ""]) => [name, value.split(/\s+|\\n/).filter((one) => one !== "")]));
}

/** Empty when the program is missing or fails: the public registry is then taken. */
function ask(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: askLimitMs, cwd: "/" }, (error, stdout) => resolve(error ? "" : stdout));
  });
}
