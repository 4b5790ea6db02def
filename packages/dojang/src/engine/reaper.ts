import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve, sep } from "node:path";
import { type Runtime, sweepDrafts } from "@dojang/runtime";
import { removeDeadBridges } from "../environments/service-bridge.ts";
import { lapseLeases, loseJob } from "../store/jobs.ts";
import { type LedgerEntry, listLive, markReleased, releasedIds } from "../store/ledger.ts";
import { identityKey, isAlive, type ProcessIdentity } from "../store/process-identity.ts";
import { findDead } from "../store/processes.ts";
import { abandonRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { planReaping, type ReaperStep } from "./reaper-plan.ts";

/** All it needs of a runtime. */
export type ReapedRuntime = Pick<Runtime, "name" | "list" | "stop">;

export interface ReapOptions {
  readonly store: Store;
  /** Those available on this machine. */
  readonly runtimes: readonly ReapedRuntime[];
  readonly signal: AbortSignal;
}

/** One line each, for people: "removed environment todo-4x: its owner, process 812, is dead". */
export interface ReapReport {
  readonly did: readonly string[];
  readonly left: readonly string[];
  readonly failed: readonly string[];
}

/**
 * Cleans up after processes that were killed: ends their runs and jobs, stops their environments, removes their processes,
 * folders and sockets. It touches only what is in the ledger and whose owner is dead. Safe to run at any time, by several
 * processes at once, and again after being killed itself.
 */
export async function reap(options: ReapOptions): Promise<ReapReport> {
  const report = { did: [] as string[], left: [] as string[], failed: [] as string[] };
  report.did.push(...(await endOrphanedWork(options.store)));
  await removeDeadBridges();
  await removeDeadDrafts(options.store.home);
  const { environments, asked, failed } = await askRuntimes(options.runtimes);
  report.failed.push(...failed);
  const entries = await listLive(options.store);
  const dead = await findDead(
    options.store,
    entries.map((entry) => entry.owner),
  );
  const released = await releasedIds(options.store, "environment");
  const steps = planReaping({ environments, asked, entries, released, isDead: (owner) => dead.has(identityKey(owner)) });
  for (const step of steps) {
    options.signal.throwIfAborted();
    if (step.kind === "leave") {
      report.left.push(`left ${step.id}: ${step.why}`);
      continue;
    }
    try {
      report.did.push(await take(step, options));
    } catch (error) {
      options.signal.throwIfAborted();
      report.failed.push(`could not remove ${nameOf(step)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return report;
}

/** Drafts lie in the folders of the state folder, and in those of what has several there. */
async function removeDeadDrafts(home: string): Promise<void> {
  for (const above of [home, join(home, "host"), join(home, "jobs"), join(home, "releases")])
    for (const name of await readdir(above).catch(() => [])) await sweepDrafts(join(above, name));
}

async function endOrphanedWork(store: Store): Promise<readonly string[]> {
  const said: string[] = [];
  const runs = await store.db
    .selectFrom("run")
    .select(["id", "project", "number", "owner"])
    .where("state", "in", ["queued", "running"])
    .execute();
  const jobs = await store.db.selectFrom("job").select(["id", "name", "attempt", "owner"]).where("state", "=", "running").execute();
  const dead = await findDead(
    store,
    [...runs, ...jobs].flatMap((row) => row.owner ?? []),
  );
  const isOrphan = (row: { readonly owner: ProcessIdentity | null }) => row.owner !== null && dead.has(identityKey(row.owner));
  for (const run of runs.filter(isOrphan)) {
    if (await abandonRun(store, run.id)) said.push(`ended run ${run.project} #${run.number}: the process that ran it is dead`);
  }
  for (const job of jobs.filter(isOrphan)) {
    const outcome = await loseJob(store, { jobId: job.id, attempt: job.attempt });
    if (outcome === "requeued") said.push(`queued job ${job.name} again: its worker is dead`);
    if (outcome === "accepted") said.push(`ended job ${job.name}: its worker is dead`);
  }
  const lapsed = await lapseLeases(store);
  if (lapsed > 0) said.push(`took ${lapsed} jobs from workers that stopped answering`);
  return said;
}

async function askRuntimes(runtimes: readonly ReapedRuntime[]) {
  const environments: { runtime: Runtime["name"]; found: Awaited<ReturnType<Runtime["list"]>>[number] }[] = [];
  const asked: Runtime["name"][] = [];
  const failed: string[] = [];
  for (const runtime of runtimes) {
    try {
      environments.push(...(await runtime.list()).map((found) => ({ runtime: runtime.name, found })));
      asked.push(runtime.name);
    } catch (error) {
      failed.push(`could not ask the ${runtime.name} runtime: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { environments, asked, failed };
}

async function take(step: Exclude<ReaperStep, { kind: "leave" }>, options: ReapOptions): Promise<string> {
  if (step.kind === "stop") {
    // Since the plan was made it may have come back under the same name: a release that is gone back to does.
    const live = await listLive(options.store, { kind: "environment" });
    if (live.some(({ id }) => id === step.id)) return `left environment ${step.id}: it has an owner again`;
    await stopEnvironment(step.runtime, step.id, options);
    return `removed ${nameOf(step)}: ${step.why}`;
  }
  if (step.kind === "remove") await removeEntry(step.entry, options);
  await markReleased(options.store, step.entry);
  return `${step.kind === "remove" ? "removed" : "crossed out"} ${nameOf(step)}: ${step.why}`;
}

async function removeEntry(entry: LedgerEntry, options: ReapOptions): Promise<void> {
  switch (entry.kind) {
    case "environment":
      return await stopEnvironment(entry.runtime, entry.id, options);
    case "process":
      return killProcess(entry);
    case "folder":
    case "socket":
      return await removePath(entry.id, options.store.home);
  }
}

async function stopEnvironment(name: Runtime["name"] | undefined, id: string, options: ReapOptions): Promise<void> {
  const runtime = options.runtimes.find((candidate) => candidate.name === name);
  if (runtime === undefined) throw new Error(`the ${name} runtime is not available`);
  await runtime.stop(id, { signal: options.signal });
}

/** `data.identity` says which process the pid meant; a process that got the number later is left alone. `data.group`: it leads a process group. */
function killProcess(entry: LedgerEntry): void {
  // Written by recordIntent with exactly this shape.
  const identity = entry.data.identity as ProcessIdentity | undefined;
  if (identity === undefined || !isAlive(identity)) return;
  process.kill(entry.data.group === true ? -identity.pid : identity.pid, "SIGKILL");
}

/** A ledger is data: a path outside of the places Dojang makes things in is refused, whatever the entry says. */
async function removePath(path: string, home: string): Promise<void> {
  const inHome = resolve(path).startsWith(`${home}${sep}`);
  const inTemporary = resolve(path).startsWith(`${resolve(tmpdir())}${sep}dojang-`);
  if (!inHome && !inTemporary) throw new Error(`${path} is neither below ${home} nor ${tmpdir()}/dojang-*`);
  await rm(path, { recursive: true, force: true });
}

function nameOf(step: ReaperStep): string {
  return "entry" in step ? `${step.entry.kind} ${step.entry.id}` : `environment ${step.id}`;
}
