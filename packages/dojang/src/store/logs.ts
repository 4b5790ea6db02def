import type { LogRecord, RequestId } from "@dojang/model";
import { type RawBuilder, sql } from "kysely";
import { blocksOfRequests, blocksOfWindow } from "./log-archive.ts";
import { compareLogRecords, dayMs, type LogRow, levelNumber, streamNumber, toLogRecord } from "./log-row.ts";
import { retryWhenLost } from "./lost-connection.ts";
import { storableText } from "./storable.ts";
import type { Store } from "./store.ts";

export interface LogBatch {
  /** The run the environment belongs to: a pinned run's log is kept. */
  readonly run?: string;
  readonly records: readonly LogRecord[];
}

/** Larger batches are cut; smaller ones cost a round trip each. */
const batchSize = 4000;
const textLimit = 256 * 1024;

/** Appends records. One that is there already (environment, service, sequence, time) is left as it is, so a batch may be sent twice. */
export async function appendLogs(store: Store, batch: LogBatch): Promise<void> {
  if (batch.records.length === 0) return;
  const sources = await resolveSources(store, batch);
  await ensureDays(store, batch.records);
  for (let from = 0; from < batch.records.length; from += batchSize) {
    const insert = insertRecords(batch.records.slice(from, from + batchSize), sources);
    await retryWhenLost(() => insert.execute(store.db));
  }
}

/** Every record that these requests caused, in order of time, over all services. Say when, if known: fewer days are searched. */
export async function logsByRequestIds(
  store: Store,
  of: { readonly requestIds: readonly RequestId[]; readonly from?: number; readonly to?: number; readonly limit?: number },
): Promise<readonly LogRecord[]> {
  if (of.requestIds.length === 0) return [];
  const limit = of.limit ?? 100_000;
  const { rows } = await sql<LogRow>`
    select r.*, s.environment, s.service from log_record r join log_source s on s.id = r.source
    where r.request_id = any (${[...of.requestIds]}::uuid[]) ${timeBounds(of)}
    order by r.at limit ${limit}`.execute(store.db);
  const archived = await blocksOfRequests(store, of.requestIds);
  return [...rows.map(toLogRecord), ...archived].sort(compareLogRecords).slice(0, limit);
}

export interface LogWindow {
  readonly environment: string;
  /** [from, to) */
  readonly from: number;
  readonly to: number;
  /** All unless said. */
  readonly services?: readonly string[];
  /** Part of the text, in any case. */
  readonly text?: string;
  /** 10,000 unless said. */
  readonly limit?: number;
}

/** The records of a stretch of time, in order. */
export async function logsWindow(store: Store, window: LogWindow): Promise<readonly LogRecord[]> {
  const limit = window.limit ?? 10_000;
  const text = window.text === undefined ? sql`` : sql`and strpos(lower(r.text), lower(${window.text})) > 0`;
  const { rows } = await sql<LogRow>`
    select r.*, s.environment, s.service from log_record r join log_source s on s.id = r.source
    where ${sourceIs(window)} ${timeBounds(window)} ${text}
    order by r.at, s.service, r.sequence limit ${limit}`.execute(store.db);
  const archived = await blocksOfWindow(store, window);
  return [...rows.map(toLogRecord), ...archived].sort(compareLogRecords).slice(0, limit);
}

export interface LogTail {
  readonly environment: string;
  readonly services?: readonly string[];
  /** Only records past these, per service. Without it the newest. */
  readonly after?: Readonly<Record<string, number>>;
  /** 200 unless said. */
  readonly limit?: number;
}

/** The newest records, or the first ones after those already seen, in order. Hot records only: an archived environment has ended. */
export async function tail(store: Store, of: LogTail): Promise<readonly LogRecord[]> {
  const limit = of.limit ?? 200;
  const sources = await store.db.selectFrom("log_source").select(["id", "service"]).where("environment", "=", of.environment).execute();
  const wanted = sources.filter((source) => of.services === undefined || of.services.includes(source.service));
  const records: LogRecord[] = [];
  for (const source of wanted) {
    const after = of.after === undefined ? sql`` : sql`and r.sequence > ${of.after[source.service] ?? -1}`;
    const { rows } = await sql<LogRow>`
      select r.*, ${of.environment} as environment, ${source.service} as service from log_record r
      where r.source = ${source.id} ${after}
      order by r.sequence ${of.after === undefined ? sql`desc` : sql`asc`} limit ${limit}`.execute(store.db);
    records.push(...rows.map(toLogRecord));
  }
  records.sort(compareLogRecords);
  return of.after === undefined ? records.slice(-limit) : records.slice(0, limit);
}

function sourceIs(of: { readonly environment: string; readonly services?: readonly string[] }): RawBuilder<unknown> {
  const services = of.services === undefined ? sql`` : sql`and service = any (${[...of.services]}::text[])`;
  return sql`r.source in (select id from log_source where environment = ${of.environment} ${services})`;
}

/** Constants, so that PostgreSQL leaves out the other days' partitions while it plans. */
function timeBounds(of: { readonly from?: number; readonly to?: number }): RawBuilder<unknown> {
  const from = of.from === undefined ? sql`` : sql`and r.at >= ${of.from}`;
  const to = of.to === undefined ? sql`` : sql`and r.at < ${of.to}`;
  return sql`${from} ${to}`;
}

type SourceIds = ReadonlyMap<string, number>;

async function resolveSources(store: Store, batch: LogBatch): Promise<SourceIds> {
  const names = new Map(batch.records.map((record) => [sourceKey(record), record]));
  const wanted = [...names.values()];
  const find = async () => {
    const rows = await store.db
      .selectFrom("log_source")
      .select(["id", "environment", "service"])
      .where("environment", "in", [...new Set(wanted.map((record) => record.environment))])
      .execute();
    return new Map(rows.map((row) => [sourceKey(row), row.id]));
  };
  const known = await find();
  const missing = wanted.filter((record) => !known.has(sourceKey(record)));
  if (missing.length === 0) return known;
  await store.db
    .insertInto("log_source")
    .values(missing.map(({ environment, service }) => ({ environment, service, run: batch.run ?? null })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return await find();
}

async function ensureDays(store: Store, records: readonly LogRecord[]): Promise<void> {
  const days = new Set(records.map((record) => Math.floor(record.at / dayMs)));
  for (const day of days) await sql`select ensure_log_day(${day})`.execute(store.db);
}

function insertRecords(records: readonly LogRecord[], sources: SourceIds) {
  return sql`
    insert into log_record (source, sequence, at, stream, level, request_id, text)
    select * from unnest(
      ${records.map((record) => sources.get(sourceKey(record)))}::integer[],
      ${records.map((record) => record.sequence)}::bigint[],
      ${records.map((record) => record.at)}::double precision[],
      ${records.map((record) => streamNumber(record.stream))}::smallint[],
      ${records.map((record) => levelNumber(record.level))}::smallint[],
      ${records.map((record) => record.requestId ?? null)}::uuid[],
      ${records.map((record) => clip(storableText(record.text)))}::text[])
    on conflict do nothing`;
}

function clip(text: string): string {
  return text.length <= textLimit ? text : `${text.slice(0, textLimit)} [${text.length - textLimit} characters left out]`;
}

function sourceKey(source: { readonly environment: string; readonly service: string }): string {
  return `${source.environment}\0${source.service}`;
}
