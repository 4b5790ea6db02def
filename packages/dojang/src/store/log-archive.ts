import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import type { LogRecord, RequestId } from "@dojang/model";
import { type Kysely, sql } from "kysely";
import type { Database } from "./database.ts";
import { type LogRow, toLogRecord } from "./log-row.ts";
import type { Store } from "./store.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A block is read whole, so it is small enough to be unpacked in a few milliseconds. */
const recordsPerBlock = 1000;

/** `[sequence, at, stream, level, request id, text]`: a row without its source, as JSON. */
type PackedRecord = [number, number, number, number | null, string | null, string];

/**
 * Moves the records of an environment that has ended into compressed blocks, six times smaller. Each block and the removal
 * of its rows are one transaction, so it may be stopped anywhere and called again. Returns how many records were moved.
 */
export async function archiveLogs(store: Store, of: { readonly environment: string; readonly signal?: AbortSignal }): Promise<number> {
  const sources = await store.db.selectFrom("log_source").select("id").where("environment", "=", of.environment).execute();
  let moved = 0;
  for (const source of sources) moved += await archiveSource(store, { source: source.id, signal: of.signal });
  return moved;
}

/** `before`: only records older than this. */
export async function archiveSource(
  store: Store,
  of: { readonly source: number; readonly before?: number; readonly signal?: AbortSignal },
): Promise<number> {
  let moved = 0;
  for (;;) {
    of.signal?.throwIfAborted();
    const count = await store.db.transaction().execute((db) => moveBlock(db, of));
    moved += count;
    if (count < recordsPerBlock) return moved;
  }
}

async function moveBlock(db: Kysely<Database>, of: { readonly source: number; readonly before?: number }): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('dojang log archive'), ${of.source})`.execute(db);
  const before = of.before === undefined ? sql`` : sql`and at < ${of.before}`;
  const { rows } = await sql<Omit<LogRow, "environment" | "service">>`
    delete from log_record where (source, sequence, at) in (
      select source, sequence, at from log_record where source = ${of.source} ${before} order by sequence limit ${recordsPerBlock})
    returning *`.execute(db);
  if (rows.length === 0) return 0;
  rows.sort((a, b) => a.sequence - b.sequence);
  const packed = rows.map((row): PackedRecord => [row.sequence, row.at, row.stream, row.level, row.request_id, row.text]);
  const data = await compress(JSON.stringify(packed), { params: { [constants.ZSTD_c_compressionLevel]: 6 } });
  const block = await db
    .insertInto("log_block")
    .values({
      source: of.source,
      from_sequence: Math.min(...rows.map((row) => row.sequence)),
      to_sequence: Math.max(...rows.map((row) => row.sequence)),
      from_at: Math.min(...rows.map((row) => row.at)),
      to_at: Math.max(...rows.map((row) => row.at)),
      records: rows.length,
      data,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const requests = [...new Set(rows.flatMap((row) => row.request_id ?? []))];
  await sql`insert into log_block_request (request_id, block) select unnest(${requests}::uuid[]), ${block.id}`.execute(db);
  return rows.length;
}

/** Archived records of these requests. */
export async function blocksOfRequests(store: Store, requestIds: readonly RequestId[]): Promise<readonly LogRecord[]> {
  const { rows } = await sql<PackedBlock>`
    select b.data, b.source, s.environment, s.service from log_block b join log_source s on s.id = b.source
    where b.id in (select block from log_block_request where request_id = any (${[...requestIds]}::uuid[]))`.execute(store.db);
  const wanted = new Set(requestIds.map(dashed));
  return await unpack(rows, ([, , , , requestId]) => requestId !== null && wanted.has(requestId));
}

/** Archived records of a stretch of time. */
export async function blocksOfWindow(
  store: Store,
  window: {
    readonly environment: string;
    readonly from: number;
    readonly to: number;
    readonly services?: readonly string[];
    readonly text?: string;
  },
): Promise<readonly LogRecord[]> {
  const services = window.services === undefined ? sql`` : sql`and s.service = any (${[...window.services]}::text[])`;
  const { rows } = await sql<PackedBlock>`
    select b.data, b.source, s.environment, s.service from log_block b join log_source s on s.id = b.source
    where s.environment = ${window.environment} ${services} and b.from_at < ${window.to} and b.to_at >= ${window.from}
    order by b.from_at`.execute(store.db);
  const text = window.text?.toLowerCase();
  return await unpack(
    rows,
    ([, at, , , , content]) => at >= window.from && at < window.to && (text === undefined || content.toLowerCase().includes(text)),
  );
}

interface PackedBlock {
  readonly data: Buffer;
  readonly source: number;
  readonly environment: string;
  readonly service: string;
}

async function unpack(blocks: readonly PackedBlock[], keep: (record: PackedRecord) => boolean): Promise<readonly LogRecord[]> {
  const found: LogRecord[] = [];
  for (const { data, source, environment, service } of blocks) {
    const packed: readonly PackedRecord[] = JSON.parse((await decompress(data)).toString("utf8"));
    for (const [sequence, at, stream, level, request_id, text] of packed.filter(keep)) {
      found.push(toLogRecord({ source, environment, service, sequence, at, stream, level, request_id, text }));
    }
  }
  return found;
}

/** As PostgreSQL writes a uuid. */
function dashed(requestId: RequestId): string {
  return requestId.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
