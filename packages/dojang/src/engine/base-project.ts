import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem, type RunEvent } from "@dojang/model";
import { makeDraft } from "@dojang/runtime";
import { loadProject } from "../config/load-project.ts";
import { gitIn } from "../environments/git-in.ts";
import type { BaseOfChange, NoBase } from "../jobs/job.ts";
import { checkOut } from "../releases/release-source.ts";
import type { WorkingChange } from "./read-change.ts";
import { createRunResources, type RunResourcesOptions } from "./run-resources.ts";

export interface BaseProjectOptions extends Omit<RunResourcesOptions, "base"> {
  readonly change: Pick<WorkingChange, "commit" | "base">;
}

/**
 * What the change is compared with, laid out beside it and read like any project: its own dojang.yml and Compose file. A base that is
 * not there, cannot be read or has no configuration is told with its reason, for the change is not at fault.
 */
export async function prepareBase({ change, ...options }: BaseProjectOptions): Promise<BaseOfChange | NoBase> {
  const { project, home, signal, emit } = options;
  const { base } = change;
  if (base === undefined)
    return { missing: change.commit === undefined ? "there is no repository with a commit here" : "this is the first commit" };
  const commit = await gitIn(project.directory, signal)("rev-parse", "--verify", "--quiet", `${base}^{commit}`);
  if (commit === undefined) return { missing: `the base ${base} is no commit of this repository`, commit: base };
  const short = commit.slice(0, 10);
  try {
    const directory = await checkout({ from: project.directory, commit, home, signal });
    const loaded = await loadProject({ directory, env: process.env, signal });
    const resources = createRunResources({ ...options, project: loaded, base: undefined, emit: (event) => emit(ofBase(event)) });
    return { commit, project: loaded, workspace: resources.workspace, images: resources.images };
  } catch (error) {
    signal.throwIfAborted();
    const reason =
      error instanceof Problem
        ? [error.message, ...error.findings.slice(0, 3).map((finding) => finding.message)].join("; ")
        : String(error);
    return { missing: `the base ${short} cannot be read: ${reason}`, commit: short };
  }
}

/** Its builds say whose they are. */
function ofBase(event: RunEvent): RunEvent {
  return "job" in event && event.job !== undefined ? { ...event, job: `${event.job} (base)` } : event;
}

/** The tree of a commit, at the same place below the repository's top as the project; made once for each commit and place. */
async function checkout({
  from,
  commit,
  home,
  signal,
}: {
  from: string;
  commit: string;
  home: string;
  signal: AbortSignal;
}): Promise<string> {
  const prefix = (await gitIn(from, signal)("rev-parse", "--show-prefix")) ?? "";
  const folder = join(home, "base", `${commit}${prefix === "" ? "" : `-${prefix.replaceAll(/[^\w-]+/g, "_")}`}`);
  if (await exists(folder)) return folder;
  await mkdir(join(home, "base"), { recursive: true });
  const staging = await makeDraft(join(home, "base"));
  try {
    const tree = join(staging, "tree");
    await checkOut(from, { commit }, { into: tree, signal });
    await rename(tree, folder).catch(async (error: unknown) => {
      // Another process was quicker with the same commit.
      if (!(await exists(folder))) throw error;
    });
    return folder;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
