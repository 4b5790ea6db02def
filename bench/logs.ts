import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { LogRecord } from "@dojang/model";
import { sql } from "kysely";
import { archiveLogs } from "../packages/dojang/src/store/log-archive.ts";
import { appendLogs, logsByRequestIds, logsWindow, tail } from "../packages/dojang/src/store/logs.ts";
import { openStore, type Store } from "../packages/dojang/src/store/store.ts";

/**
 * The log rows of DESIGN section 7: records ingested per second, and look-up by request id with a million records.
 * Records are what a small web service writes: JSON lines of about 200 bytes, every 50th a stack trace, 9 of 10 with a request id.
 */
const usage = "node bench/logs.ts [--records 1000000] [--batch 1000] [--days 1]";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "1000000" },
    batch: { type: "string", default: "1000" },
    days: { type: "string", default: "1" },
  },
});
const total = Number(values.records);
const batch = Number(values.batch);
const days = Number(values.days);
if (!(total > 0 && batch > 0 && days > 0)) throw new Error(usage);

const home = await mkdtemp(join(tmpdir(), "dojang-bench-"));
await chmod(home, 0o711);
const store = await openStore({ home, signal: new AbortController().signal });
try {
  await measure(store);
} finally {
  await store.close();
  await rm(home, { recursive: true, force: true });
}

async function measure(store: Store): Promise<void> {
  const start = Date.now() - days * 86_400_000;
  const requests = Array.from({ length: Math.ceil(total / 8) }, () => randomBytes(16).toString("hex"));
  let ingestMs = 0;
  for (let from = 0; from < total; from += batch) {
    const records = Array.from({ length: Math.min(batch, total - from) }, (_, index) => makeRecord(from + index, start, requests));
    const before = performance.now();
    await appendLogs(store, { records });
    ingestMs += performance.now() - before;
  }
  print("log ingest", `${Math.round((total / ingestMs) * 1000).toLocaleString("en")} records/s`, ">= 50,000", `batches of ${batch}`);

  const byRequest = await time(200, (round) => logsByRequestIds(store, { requestIds: [pick(requests, round)] }));
  print(`look-up by request id, ${total.toLocaleString("en")} records`, quantiles(byRequest), "<= 5 ms", "a new id each time");
  const ten = await time(50, (round) =>
    logsByRequestIds(store, { requestIds: Array.from({ length: 10 }, (_, n) => pick(requests, round * 31 + n)) }),
  );
  print("look-up of ten request ids", quantiles(ten), "", "");
  const middle = start + (days * 86_400_000) / 2;
  const window = await time(30, (round) =>
    logsWindow(store, { environment: "bench", from: middle + round * 10_000, to: middle + round * 10_000 + 5000 }),
  );
  print("five seconds of one environment", quantiles(window), "", "");
  const text = await time(5, () => logsWindow(store, { environment: "bench", from: middle, to: middle + 3_600_000, text: "ECONNREFUSED" }));
  print("text in one hour", quantiles(text), "", "");
  print("tail", quantiles(await time(30, () => tail(store, { environment: "bench" }))), "", "");
  const size = await databaseSize(store);
  print("on disk", `${Math.round(size / 1e6)} MB`, "", `${Math.round(size / total)} bytes a record`);

  const before = performance.now();
  const moved = await archiveLogs(store, { environment: "bench" });
  print("archived", `${Math.round((moved / (performance.now() - before)) * 1000).toLocaleString("en")} records/s`, "", "");
  const archived = await time(50, (round) => logsByRequestIds(store, { requestIds: [pick(requests, round)] }));
  print("look-up by request id, archived", quantiles(archived), "", "");
  await sql`vacuum full log_record`.execute(store.db);
  print("on disk, archived", `${Math.round((await databaseSize(store)) / 1e6)} MB`, "", "");
}

function makeRecord(sequence: number, start: number, requests: readonly string[]): LogRecord {
  const requestId = sequence % 10 === 0 ? undefined : requests[Math.floor(sequence / 8)];
  const body = `{"level":30,"time":${start + sequence},"pid":17,"trace_id":"${requestId}","msg":"GET /api/todos/${sequence % 977} 200 in ${sequence % 43} ms","user":"user-${sequence % 311}","bytes":${sequence % 8191}}`;
  const stack = `Error: connect ECONNREFUSED 10.0.0.${sequence % 250}:5432\n    at TCPConnectWrap.afterConnect (node:net:1611:16)\n    at processTicksAndRejections (node:internal/process/task_queues:95:5)`;
  return {
    environment: "bench",
    service: ["api", "worker", "web"][sequence % 3] ?? "api",
    sequence,
    at: start + (sequence / total) * days * 86_400_000,
    stream: sequence % 50 === 0 ? "stderr" : "stdout",
    level: sequence % 50 === 0 ? "error" : "info",
    text: sequence % 50 === 0 ? stack : body,
    requestId,
  };
}

async function time(rounds: number, work: (round: number) => Promise<unknown>): Promise<readonly number[]> {
  await work(rounds);
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = performance.now();
    await work(round);
    tookMs.push(performance.now() - before);
  }
  return tookMs.toSorted((a, b) => a - b);
}

function quantiles(sortedMs: readonly number[]): string {
  const at = (fraction: number) => (sortedMs[Math.floor((sortedMs.length - 1) * fraction)] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}

function pick(requests: readonly string[], round: number): string {
  return requests[(round * 7919) % requests.length] ?? "";
}

async function databaseSize(store: Store): Promise<number> {
  const { rows } = await sql<{ size: number }>`
    select sum(pg_total_relation_size(c.oid))::bigint as size from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'dojang' and c.relkind = 'r' and c.relname like 'log%'`.execute(store.db);
  return rows[0]?.size ?? 0;
}

function print(what: string, seen: string, target: string, how: string): void {
  console.log([what.padEnd(44), seen.padEnd(28), target.padEnd(12), how].join(" ").trimEnd());
}
