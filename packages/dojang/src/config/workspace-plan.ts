import type { Workspace } from "@dojang/model";
import { type Dependencies, findDependencies, registryHosts } from "./package-manager.ts";
import type { ProjectFiles } from "./project-files.ts";

/** How the checkout gets its dependencies before steps run. */
export interface WorkspacePlan {
  readonly language: "node" | "python" | "other";
  /** Shell commands, in order, in the checkout. */
  readonly install: readonly string[];
  /** Hosts the commands, and the builds of services, may reach. */
  readonly egress: readonly string[];
  /** Variables under which steps find what was installed, for a checkout seen at `directory`. */
  readonly environment: (directory: string) => Readonly<Record<string, string>>;
  /** Said to the user: "npm, from package-lock.json". */
  readonly origin: string;
}

/** What dojang.yml says, and for what it leaves open, what the lock file tells. */
export function workspacePlan(
  workspace: Workspace,
  { files, env }: { files: ProjectFiles; env: Readonly<Record<string, string | undefined>> },
): WorkspacePlan {
  const found = findDependencies({ files, folder: files.directory });
  // `cd backend && npm ci`: the packages lie below, and what fetches them is known all the same.
  const tool = found?.tool ?? toolOf(workspace.install ?? []);
  const told = tool === undefined ? [] : registryHosts(tool, { env, files, folder: files.directory });
  return {
    language: found?.language ?? (tool === undefined ? "other" : tool === "pip" ? "python" : "node"),
    install: workspace.install ?? found?.install ?? [],
    egress: workspace.egress ?? told,
    environment: (directory) => found?.environment(directory) ?? {},
    origin: workspace.install !== undefined ? "workspace.install of dojang.yml" : (found?.origin ?? "nothing to install"),
  };
}

function toolOf(install: readonly string[]): Dependencies["tool"] | undefined {
  const [, word] = /(?:^|[\s;&/])(npm|npx|pnpm|yarn|pip3?)\s/.exec(install.join("\n")) ?? [];
  if (word === undefined) return undefined;
  return word === "pnpm" || word === "yarn" ? word : word.startsWith("pip") ? "pip" : "npm";
}
