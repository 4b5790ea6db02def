import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type EnvironmentSpec, Problem, type ServiceSpec } from "@dojang/model";
import { ownUserOf } from "@dojang/runtime";
import { holds } from "../environments/linked-check.ts";
import type { BackupFigures, BackupProof } from "../store/backup-tables.ts";
import { newId } from "../store/id.ts";
import { markReleased, recordIntent } from "../store/ledger.ts";
import { thisProcess } from "../store/process-identity.ts";
import { storableJson } from "../store/storable.ts";
import { type BackupContext, clockOf, serviceOf, siteFolder } from "./backup-context.ts";
import type { RestoredServer } from "./backup-engine.ts";
import { compareFigures } from "./compare-figures.ts";
import { engineOf } from "./engines.ts";
import { type LaidOut, layOutBackup, type Restorable } from "./lay-out-backup.ts";
import { openMysql } from "./mysql-client.ts";
import { openPostgres } from "./postgres-connection.ts";
import { startsPostgres, withPostgresFlags } from "./with-archiving.ts";

/**
 * Restores into a throwaway environment, waits until the server answers, compares every table with what was counted when the backup
 * was taken, and asks the plan's own checks. The result is kept with the backup. Rejects only when it could not be tried.
 */
export async function proveBackup(context: BackupContext, which: Restorable): Promise<BackupProof> {
  const { proof, folder } = await restoreAside(context, which, { isGeneration: false });
  await removeFolder(context, folder);
  return proof;
}

export interface RestoredAside {
  readonly proof: BackupProof;
  readonly laidOut: LaidOut;
  readonly folder: string;
}

/** A folder of the ledger's, so that it goes when this process is killed. The caller removes or keeps it. */
export async function restoreAside(
  context: BackupContext,
  which: Restorable,
  { isGeneration }: { readonly isGeneration: boolean },
): Promise<RestoredAside> {
  const startedAt = clockOf(context);
  const from = performance.now();
  const folder = join(siteFolder(context.store.home, context.site), "restores", newId(startedAt));
  await recordIntent(context.store, { kind: "folder", id: folder, owner: thisProcess() });
  try {
    await mkdir(folder, { recursive: true, mode: 0o711 });
    const laidOut = await layOutBackup(context, which, folder);
    await giveToGuest(context, laidOut);
    const tried = await tryIt(context, laidOut, isGeneration);
    const proof: BackupProof = { ...tried, at: startedAt, durationMs: Math.round(performance.now() - from), source: laidOut.source };
    if (laidOut.until === undefined) await recordProof(context, laidOut.backup.id, proof);
    return { proof, laidOut, folder };
  } catch (error) {
    await removeFolder(context, folder);
    if (error instanceof Problem && "backup" in which) await recordFailure(context, which.backup, { error, startedAt, from });
    throw error;
  }
}

/** Services run as the site's user and write into their volumes, also those that no throwaway environment was started on. */
async function giveToGuest(context: BackupContext, { volumes }: LaidOut): Promise<void> {
  const owner = ownUserOf(context.ownUser);
  const folders = Object.values(volumes);
  if (owner === undefined || folders.length === 0) return;
  await promisify(execFile)("chown", ["-hR", `${owner.uid}:${owner.gid}`, ...folders], { signal: context.signal });
}

export async function removeFolder(context: BackupContext, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await markReleased(context.store, { kind: "folder", id: folder });
}

type Tried = Omit<BackupProof, "at" | "durationMs" | "source">;

async function tryIt(context: BackupContext, laidOut: LaidOut, isGeneration: boolean): Promise<Tried> {
  const { backup } = laidOut;
  const engine = engineOf(backup.kind);
  const service = serviceOf(context, backup.service);
  const at = { context, service, volumes: laidOut.volumes, aside: laidOut.aside, signal: context.signal };
  if (engine.provenBy === "files") return judge(laidOut, await engine.measure({ ...at, environmentId: "" }), []);
  const environmentId = `prove-${newId(clockOf(context))}`;
  await recordIntent(context.store, { kind: "environment", id: environmentId, runtime: context.runtime.name, owner: thisProcess() });
  try {
    const keepsLog = isGeneration && context.plan.pointInTime;
    // One whose command takes no settings was never made to archive either.
    const isSet = backup.kind === "postgres" && (keepsLog || startsPostgres(service));
    const thrown = throwawayService(isSet ? withPostgresFlags(service, archiveFlags(keepsLog)) : service);
    await context.runtime.start(throwawaySpec(context, environmentId, { service: thrown, volumes: laidOut.volumes }), {
      signal: context.signal,
      images: {},
    });
    const server: RestoredServer = { ...at, service: thrown, environmentId };
    await engine.settle?.(server);
    const measured = await engine.measure(server);
    return judge(laidOut, measured, await runChecks(server, backup.kind));
  } finally {
    await context.runtime.stop(environmentId);
    await markReleased(context.store, { kind: "environment", id: environmentId });
    await engine.finish?.({ ...at, environmentId });
  }
}

/** What goes live later must archive the log it begins with: with an empty command PostgreSQL keeps it for then. */
function archiveFlags(keepsLog: boolean): readonly string[] {
  return keepsLog ? ["-c", "archive_mode=on", "-c", "archive_command="] : ["-c", "archive_mode=off"];
}

const startLimitMs = 15 * 60_000;

/** As it runs live, but alone, not restarted, and without scripts that fill an empty database. */
function throwawayService(service: ServiceSpec): ServiceSpec {
  const { health: _own, ...rest } = service;
  return {
    ...rest,
    aliases: [],
    dependsOn: [],
    restart: { kind: "no" },
    ports: [],
    mounts: service.mounts.filter(({ target }) => !target.startsWith("/docker-entrypoint-initdb.d")),
  };
}

function throwawaySpec(
  context: BackupContext,
  id: string,
  of: { readonly service: ServiceSpec; readonly volumes: Readonly<Record<string, string>> },
): EnvironmentSpec {
  return {
    id,
    project: context.project,
    // Not "job": what is proven may go live, so the server has to wait for the disk.
    kind: "staging",
    services: [of.service],
    volumes: Object.keys(of.volumes),
    keptVolumes: of.volumes,
    ownUser: context.ownUser,
    egress: { kind: "none" },
    extraHosts: {},
    trusted: true,
    limits: {},
    startTimeoutMs: startLimitMs,
  };
}

function judge({ backup, until }: LaidOut, measured: BackupFigures, checks: BackupProof["checks"]): Tried {
  // At another time than the backup's nobody counted what there was.
  const compared = until === undefined ? compareFigures(backup.figures, measured) : { differences: [], checksums: 0 };
  const failed = checks
    .filter((check) => !check.passed)
    .map((check) => `check "${check.name}": expected ${check.expected}, got ${check.seen}`);
  const notes =
    until === undefined ? backup.figures.notes : ["a state between two backups: nothing was counted then that it could be compared with"];
  return {
    passed: compared.differences.length === 0 && failed.length === 0,
    compared: backup.figures.compared,
    tables: measured.figures.length,
    rows: measured.figures.reduce((sum, figure) => sum + figure.rows[0], 0),
    checksums: compared.checksums,
    checks,
    differences: [...compared.differences, ...failed],
    notes,
  };
}

const checkTimeoutMs = 5 * 60_000;

async function runChecks(server: RestoredServer, kind: "postgres" | "mysql" | "redis" | "files"): Promise<BackupProof["checks"]> {
  const { checks } = server.context.plan;
  if (checks.length === 0 || (kind !== "postgres" && kind !== "mysql")) return [];
  await using asker = kind === "postgres" ? await postgresAsker(server) : await mysqlAsker(server);
  const results: BackupProof["checks"][number][] = [];
  for (const { name, sql, expect } of checks) {
    const expected = expect === undefined ? "any answer" : `${expect.operator} ${expect.value}`;
    const answer = await asker.ask(sql).catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }));
    if (typeof answer === "object") results.push({ name, expected, seen: answer.failed, passed: false });
    else results.push({ name, expected, seen: answer, passed: expect === undefined || holds(expect, answer) });
  }
  return results;
}

interface Asker extends AsyncDisposable {
  /** The first column of the first row. */
  ask(sql: string): Promise<string>;
}

async function postgresAsker(restored: RestoredServer): Promise<Asker> {
  const server = await openPostgres({ ...restored, runtime: restored.context.runtime });
  return {
    async ask(sql) {
      const client = await server.connect(undefined, { asEverybody: true });
      try {
        await client.query(`set statement_timeout = ${checkTimeoutMs}`);
        const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
        return textOf(rows[0]?.[0]);
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function mysqlAsker(restored: RestoredServer): Promise<Asker> {
  const server = await openMysql({ ...restored, runtime: restored.context.runtime });
  return {
    async ask(sql) {
      const session = server.session(restored.service);
      try {
        return textOf((await session.query(sql.replace(/;\s*$/, "")))[0]?.[0]);
      } finally {
        await session.close();
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? "nothing" : String(value);
}

async function recordProof(context: BackupContext, id: string, proof: BackupProof): Promise<void> {
  await context.store.db
    .updateTable("backup")
    .set({ proof: storableJson(proof) })
    .where("id", "=", id)
    .execute();
}

/** A backup that cannot be restored is known as such, whatever stood in the way. */
async function recordFailure(
  context: BackupContext,
  id: string,
  { error, startedAt, from }: { readonly error: Problem; readonly startedAt: number; readonly from: number },
): Promise<void> {
  const nothing = { compared: "bounds", tables: 0, rows: 0, checksums: 0, checks: [], notes: [], source: "none" } as const;
  const durationMs = Math.round(performance.now() - from);
  const proof: BackupProof = { ...nothing, at: startedAt, passed: false, durationMs, differences: [error.message] };
  await recordProof(context, id, proof);
}
