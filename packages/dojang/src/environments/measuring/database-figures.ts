import { setTimeout as wait } from "node:timers/promises";
import type { MetricSink, MetricSource } from "@dojang/load";
import type { ServiceSpec } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import pg from "pg";
import { openServiceBridge } from "../service-bridge.ts";

/**
 * What PostgreSQL says of itself while the traffic runs, by one connection of its own. Statements are counted where
 * pg_stat_statements is loaded (`withStatementCounts`), which also names the one that took most of the time.
 */
export function isPostgres({ program }: ServiceSpec): boolean {
  return program.kind === "image" && /(^|\/)postgres(:|@|$)/.test(program.image);
}

/** The service with statements counted; unchanged when its command chooses its own libraries. */
export function withStatementCounts(service: ServiceSpec): ServiceSpec {
  const { program } = service;
  if (program.kind !== "image" || !isPostgres(service) || program.entrypoint !== undefined) return service;
  const command = program.command ?? [];
  if (
    command.some((word) => word.includes("shared_preload_libraries")) ||
    (command[0] !== undefined && command[0] !== "postgres" && !command[0].startsWith("-"))
  )
    return service;
  return { ...service, program: { ...program, command: [...command, "-c", "shared_preload_libraries=pg_stat_statements"] } };
}

interface Counters {
  readonly at: number;
  readonly transactions: number;
  readonly rows: number;
  readonly hits: number;
  readonly reads: number;
  readonly deadlocks: number;
  readonly statements: number | undefined;
}

interface StatementRow {
  readonly query: string;
  readonly calls: number;
  readonly ms: number;
}

export interface DatabaseFiguresOptions {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly service: ServiceSpec;
}

const slowMs = 200;
const mostStatements = 3;

export function databaseFigures({ runtime, environmentId, service }: DatabaseFiguresOptions): MetricSource {
  const stopped = new AbortController();
  let following: Promise<void> | undefined;
  return {
    name: service.name,
    async start(sink, { signal, everyMs }) {
      const ended = AbortSignal.any([signal, stopped.signal]);
      const opened = Promise.withResolvers<void>();
      following = follow({ runtime, environmentId, service, sink, everyMs, signal: ended, onOpen: opened.resolve })
        .catch((error: unknown) => {
          if (!ended.aborted)
            sink.onProblem(
              `${service.name}: figures of the database are missing: ${error instanceof Error ? error.message : String(error)}`,
            );
        })
        .finally(opened.resolve);
      await opened.promise;
    },
    async stop() {
      stopped.abort();
      await following;
    },
  };
}

interface Following extends DatabaseFiguresOptions {
  readonly sink: MetricSink;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
}

async function follow({ runtime, environmentId, service, sink, everyMs, signal, onOpen }: Following): Promise<void> {
  const { environment } = service;
  const port = service.ports[0]?.container ?? 5432;
  const user = environment.POSTGRES_USER ?? "postgres";
  const target = { host: service.name, port };
  await using bridge = await openServiceBridge({
    runtime,
    environmentId,
    target,
    socketName: `.s.PGSQL.${port}`,
    signal: AbortSignal.timeout(3_600_000 * 24),
  });
  const client = new pg.Client({
    host: bridge.directory,
    port,
    user,
    password: environment.POSTGRES_PASSWORD,
    database: environment.POSTGRES_DB ?? user,
    application_name: "dojang figures",
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const counted = await countsStatements(client);
    const first = counted ? await statements(client) : [];
    const firstAt = now();
    onOpen();
    const slowSeen = new Set<string>();
    let before: Counters | undefined;
    while (!signal.aborted) {
      before = await readOnce({ client, service: service.name, sink, counted, before, slowSeen });
      await wait(everyMs, undefined, { signal }).catch(() => undefined);
    }
    if (counted) markBusiest({ service: service.name, sink, first, last: await statements(client), firstAt });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function countsStatements(client: pg.Client): Promise<boolean> {
  try {
    await client.query("create extension if not exists pg_stat_statements");
    await client.query("select 1 from pg_stat_statements limit 1");
    return true;
  } catch {
    // Not loaded, or not allowed: the other figures are there without it.
    return false;
  }
}

interface Round {
  readonly client: pg.Client;
  readonly service: string;
  readonly sink: MetricSink;
  readonly counted: boolean;
  readonly before: Counters | undefined;
  readonly slowSeen: Set<string>;
}

async function readOnce({ client, service, sink, counted, before, slowSeen }: Round): Promise<Counters> {
  const counters = await readCounters(client, counted);
  const activity = await client.query<{ connections: string; active: string; waiting: string; allowed: string }>(
    `select count(*) filter (where backend_type = 'client backend') as connections,
            count(*) filter (where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend') as active,
            count(*) filter (where wait_event_type = 'Lock') as waiting,
            current_setting('max_connections') as allowed
       from pg_stat_activity`,
  );
  const [seen] = activity.rows;
  const gauges: readonly (readonly [string, number])[] = [
    ["database.connections", Number(seen?.connections)],
    ["database.active", Number(seen?.active)],
    ["database.waiting", Number(seen?.waiting)],
    ["database.connections.limit", Number(seen?.allowed)],
  ];
  for (const [metric, value] of [...gauges, ...rates(counters, before)]) sink.point({ at: counters.at, service, metric, value });
  await markSlow({ client, service, sink, slowSeen });
  return counters;
}

async function readCounters(client: pg.Client, counted: boolean): Promise<Counters> {
  const result = await client.query<Record<string, string>>(
    `select sum(xact_commit + xact_rollback) as transactions, sum(tup_returned) as rows, sum(blks_hit) as hits,
            sum(blks_read) as reads, sum(deadlocks) as deadlocks from pg_stat_database`,
  );
  const calls = counted
    ? await client.query<{ calls: string }>(
        "select coalesce(sum(calls), 0) as calls from pg_stat_statements where query not like '%pg_stat_%'",
      )
    : undefined;
  const row = result.rows[0] ?? {};
  return {
    at: now(),
    transactions: Number(row.transactions),
    rows: Number(row.rows),
    hits: Number(row.hits),
    reads: Number(row.reads),
    deadlocks: Number(row.deadlocks),
    statements: calls === undefined ? undefined : Number(calls.rows[0]?.calls),
  };
}

function rates(counters: Counters, before: Counters | undefined): readonly (readonly [string, number])[] {
  if (before === undefined) return [];
  const seconds = (counters.at - before.at) / 1000;
  const per = (to: number | undefined, from: number | undefined) =>
    to === undefined || from === undefined ? undefined : Math.max(0, to - from) / seconds;
  const [hits, reads] = [counters.hits - before.hits, counters.reads - before.reads];
  const all: readonly (readonly [string, number | undefined])[] = [
    ["database.transactions", per(counters.transactions, before.transactions)],
    ["database.statements", per(counters.statements, before.statements)],
    ["database.rows", per(counters.rows, before.rows)],
    ["database.deadlocks", per(counters.deadlocks, before.deadlocks)],
    ["database.cache-hits", hits + reads > 0 ? (100 * hits) / (hits + reads) : undefined],
  ];
  return all.flatMap(([metric, value]) => (value === undefined ? [] : [[metric, value] as const]));
}

async function markSlow({ client, service, sink, slowSeen }: Pick<Round, "client" | "service" | "sink" | "slowSeen">): Promise<void> {
  const { rows } = await client.query<{ pid: number; started: string; ms: string; query: string }>(
    `select pid, extract(epoch from query_start) * 1000 as started, extract(epoch from clock_timestamp() - query_start) * 1000 as ms, query
       from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend'
        and clock_timestamp() - query_start > make_interval(secs => $1)`,
    [slowMs / 1000],
  );
  for (const { pid, started, ms, query } of rows) {
    const key = `${pid} ${started}`;
    if (slowSeen.has(key) || slowSeen.size > 1000) continue;
    slowSeen.add(key);
    sink.mark({ at: Number(started), durationMs: Number(ms), service, kind: "slow-statement", text: oneLine(query) });
  }
}

async function statements(client: pg.Client): Promise<readonly StatementRow[]> {
  const { rows } = await client.query<{ query: string; calls: string; ms: string }>(
    "select query, sum(calls) as calls, sum(total_exec_time) as ms from pg_stat_statements where query not like '%pg_stat_%' group by query order by ms desc limit 200",
  );
  return rows.map(({ query, calls, ms }) => ({ query: oneLine(query), calls: Number(calls), ms: Number(ms) }));
}

/** Which statements the time went to, and which one came most often, over the whole of the traffic. */
function markBusiest({
  service,
  sink,
  first,
  last,
  firstAt,
}: {
  service: string;
  sink: MetricSink;
  first: readonly StatementRow[];
  last: readonly StatementRow[];
  firstAt: number;
}): void {
  const before = new Map(first.map((row) => [row.query, row]));
  const grown = last
    .map(({ query, calls, ms }) => ({ query, calls: calls - (before.get(query)?.calls ?? 0), ms: ms - (before.get(query)?.ms ?? 0) }))
    .filter((row) => row.calls > 0)
    .sort((a, b) => b.ms - a.ms);
  const all = grown.reduce((sum, row) => sum + row.calls, 0);
  const [often] = grown.toSorted((a, b) => b.calls - a.calls);
  for (const row of grown.filter((each, place) => place < mostStatements || each === often)) {
    sink.mark({
      at: firstAt,
      durationMs: row.ms,
      service,
      kind: "busy-statement",
      text: `${row.calls} calls, ${row.ms.toFixed(0)} ms in all: ${row.query}`,
      statement: { text: row.query, share: row.calls / all },
    });
  }
}

function oneLine(query: string): string {
  return query.replaceAll(/\s+/g, " ").trim().slice(0, 300);
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
