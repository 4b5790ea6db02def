import { sql } from "kysely";
import { archiveSource } from "./log-archive.ts";
import { dayMs } from "./log-row.ts";
import type { Store } from "./store.ts";

export interface LogRetention {
  readonly keepDays: number;
  /** Of all log records on disk, hot and archived. */
  readonly quotaBytes: number;
  readonly now: number;
  readonly signal?: AbortSignal;
}

export interface LogRetentionReport {
  /** `20261121` */
  readonly droppedDays: readonly string[];
  readonly droppedBlocks: number;
  readonly sizeBytes: number;
}

interface Partition {
  readonly name: string;
  readonly sizeBytes: number;
  /** First moment after it. */
  readonly endsAt: number;
}

/**
 * Forgets whole days: those past `keepDays`, then the oldest until the rest fits the quota; never today. The log of a
 * pinned run is archived first and stays.
 */
export async function retainLogs(store: Store, retention: LogRetention): Promise<LogRetentionReport> {
  const cutoff = retention.now - retention.keepDays * dayMs;
  const partitions = await listPartitions(store);
  const droppedDays: string[] = [];
  let droppedBlocks = await dropBlocks(store, cutoff);
  let sizeBytes = partitions.reduce((sum, partition) => sum + partition.sizeBytes, 0) + (await measureBlocks(store));
  for (const partition of partitions) {
    retention.signal?.throwIfAborted();
    const expired = partition.endsAt <= cutoff;
    const overQuota = sizeBytes > retention.quotaBytes && partition.endsAt <= retention.now;
    if (!expired && !overQuota) continue;
    const blocksBefore = await measureBlocks(store);
    await rescuePinned(store, partition, retention.signal);
    await sql`drop table ${sql.table(`dojang.${partition.name}`)}`.execute(store.db);
    // When the quota asks for a day, what was archived of that day goes too.
    droppedBlocks += await dropBlocks(store, partition.endsAt);
    sizeBytes += (await measureBlocks(store)) - blocksBefore - partition.sizeBytes;
    droppedDays.push(partition.name.slice("log_record_".length));
  }
  await forgetSources(store, cutoff);
  return { droppedDays, droppedBlocks, sizeBytes };
}

/** Oldest first. */
async function listPartitions(store: Store): Promise<readonly Partition[]> {
  const { rows } = await sql<{ name: string; size: number }>`
    select c.relname as name, pg_total_relation_size(c.oid) as size
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'dojang.log_record'::regclass order by c.relname`.execute(store.db);
  return rows.map(({ name, size }) => ({ name, sizeBytes: size, endsAt: endOfDay(name) }));
}

function endOfDay(partition: string): number {
  const [, year = "", month = "", day = ""] = /^log_record_(\d{4})(\d\d)(\d\d)$/.exec(partition) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) + dayMs;
}

async function rescuePinned(store: Store, partition: Partition, signal: AbortSignal | undefined): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select s.id from log_source s join run on run.id = s.run
    where run.pinned and exists (select 1 from ${sql.table(`dojang.${partition.name}`)} r where r.source = s.id)`.execute(store.db);
  for (const { id } of rows) await archiveSource(store, { source: id, before: partition.endsAt, signal });
}

async function dropBlocks(store: Store, before: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from log_block b using log_source s where s.id = b.source and b.to_at < ${before}
      and not exists (select 1 from run where run.id = s.run and run.pinned)`.execute(store.db);
  return Number(numAffectedRows ?? 0n);
}

async function measureBlocks(store: Store): Promise<number> {
  const { rows } = await sql<{ size: number }>`select coalesce(sum(length(data)), 0)::double precision as size from log_block`.execute(
    store.db,
  );
  return rows[0]?.size ?? 0;
}

/** Names of environments that nothing is left of. */
async function forgetSources(store: Store, cutoff: number): Promise<void> {
  await sql`
    delete from log_source s where s.created_at < ${cutoff}
      and not exists (select 1 from log_block b where b.source = s.id)
      and not exists (select 1 from log_record r where r.source = s.id)`.execute(store.db);
}
