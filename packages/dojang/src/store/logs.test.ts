import type { LogRecord } from "@dojang/model";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveLogs } from "./log-archive.ts";
import { retainLogs } from "./log-retention.ts";
import { dayMs } from "./log-row.ts";
import { appendLogs, logsByRequestIds, logsWindow, tail } from "./logs.ts";
import { createRun, pinRun } from "./runs.ts";
import type { Store } from "./store.ts";
import { openTestStore } from "./test-store.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
let store: Store;
const noon = Date.UTC(2026, 4, 10, 12);
const id = (digit: string) => digit.repeat(32);

beforeAll(async () => {
  opened = await openTestStore();
  store = opened.store;
});
afterAll(() => opened.close());

function record(environment: string, sequence: number, more: Partial<LogRecord> = {}): LogRecord {
  return { environment, service: "api", sequence, at: noon + sequence, stream: "stdout", text: `line ${sequence}`, ...more };
}

function all(environment: string) {
  return logsWindow(store, { environment, from: 0, to: Number.MAX_SAFE_INTEGER });
}

async function partitions(): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'dojang.log_record'::regclass order by 1`.execute(store.db);
  return rows.map((row) => row.name);
}

describe("hot records", () => {
  test("come back as they were, in order of time over all services", async () => {
    const records: LogRecord[] = [
      record("hot", 1, { level: "info", requestId: id("a") }),
      record("hot", 1, {
        service: "worker",
        at: noon + 1.5,
        stream: "stderr",
        level: "error",
        requestId: id("a"),
        text: "Error: 오류\n    at x",
      }),
      record("hot", 2, { level: "fatal", stream: "system" }),
    ];
    await appendLogs(store, { records: records.toReversed() });
    expect(await all("hot")).toEqual(records);
    expect(await logsByRequestIds(store, { requestIds: [id("a")] })).toEqual(records.slice(0, 2));
  });

  test("sent twice are kept once", async () => {
    const records = Array.from({ length: 10 }, (_, n) => record("twice", n));
    await appendLogs(store, { records });
    await appendLogs(store, { records });
    expect(await all("twice")).toHaveLength(10);
  });

  test("survive what PostgreSQL cannot hold: NUL, half a surrogate pair, quotes and backslashes", async () => {
    await appendLogs(store, { records: [record("odd", 1, { text: 'a\0b \ud800 "q" \\ {x,NULL} \u001b[31m' })] });
    expect((await all("odd"))[0]?.text).toBe('a\uFFFDb \uFFFD "q" \\ {x,NULL} \u001b[31m');
  });

  test("are split over days, made when they are needed", async () => {
    await appendLogs(store, { records: [record("days", 1), record("days", 2, { at: noon + dayMs })] });
    expect(await partitions()).toEqual(expect.arrayContaining(["log_record_20260510", "log_record_20260511"]));
    expect(await all("days")).toHaveLength(2);
  });

  test("a new day is made once, however many writers meet it", async () => {
    const at = noon + 300 * dayMs;
    await Promise.all(Array.from({ length: 12 }, (_, n) => appendLogs(store, { records: [record("race", n, { at })] })));
    expect(await all("race")).toHaveLength(12);
  });

  test("a window is bounded by time, service, text and limit", async () => {
    const records = Array.from({ length: 20 }, (_, n) =>
      record("window", n, { service: n % 2 ? "api" : "web", text: n === 7 ? "Connection REFUSED" : "ok" }),
    );
    await appendLogs(store, { records });
    const window = { environment: "window", from: noon + 5, to: noon + 15 };
    const sequences = async (more: object) => (await logsWindow(store, { ...window, ...more })).map((found) => found.sequence);
    expect(await sequences({})).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(await sequences({ services: ["web"] })).toEqual([6, 8, 10, 12, 14]);
    expect(await sequences({ text: "refused" })).toEqual([7]);
    expect(await sequences({ text: "%" })).toEqual([]);
    expect(await sequences({ limit: 2 })).toEqual([5, 6]);
  });

  test("the tail gives the newest, then only what came after", async () => {
    await appendLogs(store, { records: Array.from({ length: 9 }, (_, n) => record("tail", n)) });
    const newest = await tail(store, { environment: "tail", limit: 3 });
    expect(newest.map((found) => found.sequence)).toEqual([6, 7, 8]);
    expect(await tail(store, { environment: "tail", after: { api: 8 } })).toEqual([]);
    await appendLogs(store, { records: [record("tail", 9), record("tail", 0, { service: "late" })] });
    const more = await tail(store, { environment: "tail", after: { api: 8 } });
    expect(more.map((found) => `${found.service} ${found.sequence}`).toSorted()).toEqual(["api 9", "late 0"]);
  });

  test("an endless record is cut and says so", async () => {
    await appendLogs(store, { records: [record("long", 1, { text: "x".repeat(300 * 1024) })] });
    expect((await all("long"))[0]?.text).toMatch(/x \[45056 characters left out\]$/);
  });
});

test("an archived environment answers as before, from a fraction of the space", async () => {
  const records = Array.from({ length: 2500 }, (_, n) =>
    record("old", n, { requestId: n % 5 === 0 ? undefined : id(String(n % 5)), level: "info" }),
  );
  await appendLogs(store, { records });
  const ask = () =>
    Promise.all([
      all("old"),
      logsByRequestIds(store, { requestIds: [id("3")] }),
      logsWindow(store, { environment: "old", from: noon + 990, to: noon + 1010, text: "LINE" }),
    ]);
  const before = await ask();
  expect(await archiveLogs(store, { environment: "old" })).toBe(2500);
  expect(await ask()).toEqual(before);
  expect(await archiveLogs(store, { environment: "old" })).toBe(0);
  const blocks = await store.db.selectFrom("log_block").select("records").execute();
  expect(blocks.map((block) => block.records).toSorted()).toEqual([1000, 1000, 500]);
});

describe("retention", () => {
  test("drops days that are too old, keeps the log of a pinned run, and never drops today", async () => {
    const { run } = await createRun(store, {
      project: "p",
      change: "main",
      trusted: true,
      runtime: "fake",
      configHash: "h",
      snapshot: {},
      jobs: [],
    });
    await pinRun(store, { run: run.id, pinned: true });
    const now = noon + 1000 * dayMs;
    await appendLogs(store, { run: run.id, records: [record("pinned", 1, { at: now - 40 * dayMs })] });
    await appendLogs(store, { records: [record("loose", 1, { at: now - 40 * dayMs }), record("loose", 2, { at: now })] });
    const report = await retainLogs(store, { keepDays: 30, quotaBytes: 1e12, now });
    expect(report.droppedDays).toEqual(expect.arrayContaining(["20260510", "20281225"]));
    expect((await all("loose")).map((found) => found.sequence)).toEqual([2]);
    expect(await all("pinned")).toHaveLength(1);
    expect(await all("old")).toEqual([]);
    expect(await partitions()).toHaveLength(1);
  });

  test("drops the oldest days until the rest fits the quota", async () => {
    const now = noon + 2000 * dayMs;
    for (let day = 0; day < 4; day++) await appendLogs(store, { records: [record("quota", day, { at: now - day * dayMs })] });
    const report = await retainLogs(store, { keepDays: 100_000, quotaBytes: 0, now });
    expect((await all("quota")).map((found) => found.sequence)).toEqual([0]);
    expect(report.droppedDays.length).toBeGreaterThanOrEqual(3);
  });
});
