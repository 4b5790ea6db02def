import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { Problem, type ServiceSpec } from "@dojang/model";
import { storableJson } from "../store/storable.ts";
import { type BackupContext, backupFolder, clockOf, serviceOf } from "./backup-context.ts";
import { ensureBackupKey } from "./backup-key.ts";
import { copyToTargets } from "./copy-to-targets.ts";
import { openPostgres } from "./postgres-connection.ts";
import { kindOfData } from "./service-data.ts";
import { readWalFacts } from "./wal-facts.ts";
import { parseWalName } from "./wal-name.ts";
import { recoveryWindows, type WalFacts, type WalWindow } from "./wal-window.ts";
import { writeSealed } from "./write-sealed.ts";

export interface ArchiveFollowed {
  /** Segments that were taken in now. */
  readonly archived: readonly string[];
  /** Nothing of what is archived now can be restored before another backup is taken: after a restore, or a gap, or without any. */
  readonly needsBase: boolean;
  /** Until when the state of any time can be restored; undefined without a base. */
  readonly until?: number;
  /** "segment ... is missing", "segment ... was archived twice, with different content". */
  readonly findings: readonly string[];
}

export interface FollowRequest {
  readonly service: string;
  /** Where the service's archive_command puts segments. */
  readonly walFolder: string;
}

const completeName = /^[0-9A-F]{24}$|^[0-9A-F]{8}\.history$/;

/**
 * One round, for a timer to call each minute: marks the log with a transaction of a known time, takes in the segments that PostgreSQL
 * has put into the folder (compressed, encrypted, copied to targets, then removed there), and looks for gaps. Safe to be killed and
 * called again; a server that is down is no failure, what it has archived before is taken in all the same.
 */
export async function followArchive(context: BackupContext, request: FollowRequest): Promise<ArchiveFollowed> {
  const service = serviceOf(context, request.service);
  // Only PostgreSQL has a log that is archived.
  if (kindOfData(service) !== "postgres") return { archived: [], needsBase: false, findings: [] };
  const findings: string[] = [];
  await markLog(context, service).catch((error: unknown) => {
    context.signal.throwIfAborted();
    if (!(error instanceof Problem) || error.code !== "backup-database-refused") throw error;
    findings.push(error.message);
  });
  const archived: string[] = [];
  for (const name of (await readdir(request.walFolder)).sort()) {
    context.signal.throwIfAborted();
    // Labels of base backups, and last segments of timelines that were left: nothing is replayed from them.
    if (/^[0-9A-F]{24}(\.[0-9A-F]{8}\.backup|\.partial)$/.test(name)) await rm(join(request.walFolder, name), { force: true });
    if (!completeName.test(name)) continue;
    if (!(await lstat(join(request.walFolder, name))).isFile()) {
      findings.push(`${join(request.walFolder, name)} is no file: it is left alone, and no segment of that name can be archived`);
      continue;
    }
    const found = await takeIn(context, request, name);
    if (found === "new") archived.push(name);
    if (found === "different") findings.push(differs(name, request.walFolder));
  }
  const facts = await readWalFacts(context.store, { site: context.site, service: service.name });
  const windows = recoveryWindows(facts);
  const gaps = new Set(windows.map(({ gap }) => gap).filter((gap) => gap !== undefined));
  for (const gap of gaps)
    findings.push(
      `segment ${gap} of the log of ${service.name} is missing: no time after it can be restored from older bases; take a new backup`,
    );
  return {
    archived,
    needsBase: needsBase(facts, windows),
    until: windows.length === 0 ? undefined : Math.max(...windows.map(({ to }) => to)),
    findings,
  };
}

/** A restore goes on in a timeline of its own, to which no base of before leads. */
function needsBase({ marks }: WalFacts, [newest]: readonly WalWindow[]): boolean {
  const current = marks.at(-1);
  if (current === undefined) return false;
  return newest === undefined || newest.gap !== undefined || parseWalName(current.segment)?.timeline !== newest.base.wal?.timeline;
}

/**
 * A replay to a time stops at the first commit after it, and fails when there is none: so there always is one, with a transaction of
 * ours that changes nothing. Then the segment it is in is closed.
 */
async function markLog(context: BackupContext, service: ServiceSpec): Promise<void> {
  await using server = await openPostgres({ ...context, service, signal: context.signal });
  const client = await server.connect();
  await client.query("begin");
  const { rows } = await client.query<{ at: string }>(
    "select floor(extract(epoch from clock_timestamp()) * 1000)::text as at, pg_current_xact_id()",
  );
  await client.query("commit");
  const switched = await client.query<{ segment: string }>("select pg_walfile_name(pg_current_wal_lsn()) as segment");
  const [at, segment] = [rows[0]?.at, switched.rows[0]?.segment];
  if (at === undefined || segment === undefined) throw new Error("PostgreSQL told no position of its log");
  await client.query("select pg_switch_wal()");
  await context.store.db
    .insertInto("wal_mark")
    .values({ site: context.site, service: service.name, at: Number(at), segment })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function takeIn(context: BackupContext, request: FollowRequest, name: string): Promise<"new" | "known" | "different"> {
  const { db, home } = context.store;
  const raw = join(request.walFolder, name);
  const rawDigest = await digestOf(raw);
  const at = { site: context.site, service: request.service, name };
  const query = db
    .selectFrom("wal_segment")
    .select(["raw_digest", "removed_at"])
    .where("site", "=", at.site)
    .where("service", "=", at.service);
  const before = await query.where("name", "=", name).executeTakeFirst();
  if (before !== undefined) {
    if (before.raw_digest !== rawDigest) return "different";
    await rm(raw, { force: true });
    return "known";
  }
  const key = await ensureBackupKey(home);
  const folder = join(backupFolder(context, request.service), "wal");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.wal`);
  const startedAt = clockOf(context);
  // With them a machine that knows nothing but the files can restore to a time.
  const marks = (await readWalFacts(context.store, at)).marks.filter((mark) => mark.segment === name).map((mark) => mark.at);
  const header = { kind: "segment", site: at.site, service: at.service, name, startedAt, marks };
  const file = await open(raw, constants.O_RDONLY | constants.O_NOFOLLOW);
  const source = file.createReadStream({ highWaterMark: 1024 * 1024 });
  const { sizeBytes, digest } = await writeSealed(source, { path, key, header, signal: context.signal });
  const row = { ...at, file: relative(home, path), raw_digest: rawDigest, digest, size_bytes: sizeBytes };
  await db
    .insertInto("wal_segment")
    .values({ ...row, key_fingerprint: key.fingerprint, archived_at: startedAt, copies: storableJson([]) })
    .execute();
  await rm(raw, { force: true });
  await copyToTargets(context, { kind: "segment", item: { ...at, file: path, sizeBytes, digest, copies: [] } });
  return "new";
}

/** Never through a link: the folder belongs to the guest. */
async function digestOf(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const digest = createHash("sha256");
  for await (const piece of file.createReadStream({ highWaterMark: 1024 * 1024 })) digest.update(piece);
  return digest.digest("hex");
}

function differs(name: string, folder: string): string {
  return `segment ${name} was archived before with other content: it stays in ${folder}, and times after it cannot be relied on; take a new backup`;
}
