import { outcomeOf, type TestAttempt, type TestOutcome } from "@dojang/model";
import { type Insertable, type Selectable, sql } from "kysely";
import type { TestAttemptTable } from "./evidence-tables.ts";
import { storableJson, storableJsonOrNull, storableText } from "./storable.ts";
import type { Store } from "./store.ts";

export type StoredAttempt = TestAttempt & {
  readonly job: string;
  readonly shard: number;
};

export interface TestBatch {
  readonly run: string;
  readonly job: string;
  /** The job's attempt: what a former, lost attempt of the job recorded goes away. */
  readonly jobAttempt: number;
  /** 1 unless said. */
  readonly shard?: number;
  readonly attempts: readonly TestAttempt[];
}

/** A test with all its attempts, in order. */
export interface TestResult {
  readonly testId: string;
  readonly job: string;
  readonly file: string;
  readonly titlePath: readonly string[];
  readonly project?: string;
  readonly outcome: TestOutcome;
  readonly durationMs: number;
  readonly attempts: readonly StoredAttempt[];
}

export interface TestHistoryEntry {
  readonly run: string;
  readonly runNumber: number;
  readonly outcome: TestOutcome;
  readonly durationMs: number;
}

const outputLimit = 256 * 1024;
const batchSize = 500;

/** Appends attempts; one that is there already is replaced, so a batch may be sent twice. False when the job is past this attempt: nothing is kept. */
export async function recordTests(store: Store, batch: TestBatch): Promise<boolean> {
  return await store.db.transaction().execute(async (db) => {
    const current = await db.selectFrom("job").select("attempt").where("id", "=", batch.job).forKeyShare().executeTakeFirst();
    if (current?.attempt !== batch.jobAttempt) return false;
    await db.deleteFrom("test_attempt").where("job", "=", batch.job).where("job_attempt", "<", batch.jobAttempt).execute();
    // The same attempt twice in one statement is an error to PostgreSQL; the last one holds.
    const rows = [...new Map(batch.attempts.map((attempt) => [attempt.id, toRow(batch, attempt)])).values()];
    for (let from = 0; from < rows.length; from += batchSize) {
      await db
        .insertInto("test_attempt")
        .values(rows.slice(from, from + batchSize))
        .onConflict((conflict) =>
          conflict.columns(["job", "job_attempt", "id", "shard"]).doUpdateSet((e) => ({
            status: e.ref("excluded.status"),
            started_at: e.ref("excluded.started_at"),
            duration_ms: e.ref("excluded.duration_ms"),
            error: e.ref("excluded.error"),
            output: e.ref("excluded.output"),
            attachments: e.ref("excluded.attachments"),
          })),
        )
        .execute();
    }
    return true;
  });
}

/** In the order they were recorded. */
export async function testAttempts(store: Store, of: { readonly run: string; readonly job?: string }): Promise<readonly StoredAttempt[]> {
  let query = store.db.selectFrom("test_attempt").selectAll().where("run", "=", of.run);
  if (of.job !== undefined) query = query.where("job", "=", of.job);
  const rows = await query.orderBy("sequence").execute();
  return rows.map(toAttempt);
}

export async function testResults(store: Store, of: { readonly run: string; readonly job?: string }): Promise<readonly TestResult[]> {
  return groupAttempts(await testAttempts(store, of));
}

/** The last runs of the project, newest first, in which the test was: 20 unless said. */
export async function testHistory(
  store: Store,
  of: { readonly project: string; readonly testId: string; readonly limit?: number },
): Promise<readonly TestHistoryEntry[]> {
  const recent = await store.db
    .selectFrom("run")
    .select(["run.id", "run.number"])
    .where("run.project", "=", of.project)
    .where((e) =>
      e.exists(
        e
          .selectFrom("test_attempt")
          .select(sql.lit(1).as("one"))
          .whereRef("test_attempt.run", "=", "run.id")
          .where("test_id", "=", of.testId),
      ),
    )
    .orderBy("run.sequence", "desc")
    .limit(of.limit ?? 20)
    .execute();
  if (recent.length === 0) return [];
  const rows = await store.db
    .selectFrom("test_attempt")
    .selectAll()
    .where("test_id", "=", of.testId)
    .where(
      "run",
      "in",
      recent.map((run) => run.id),
    )
    .orderBy("sequence")
    .execute();
  const byRun = Map.groupBy(rows, (row) => row.run);
  return recent.map((run) => {
    const attempts = (byRun.get(run.id) ?? []).map(toAttempt);
    return { run: run.id, runNumber: run.number, outcome: outcomeOf(attempts), durationMs: sumDurations(attempts) };
  });
}

/** A test of one job is one result, whatever shard an attempt ran in. */
export function groupAttempts(attempts: readonly StoredAttempt[]): readonly TestResult[] {
  const groups = Map.groupBy(attempts, (attempt) => `${attempt.job}\0${attempt.testId}`);
  return [...groups.values()].flatMap((group) => {
    const ordered = group.toSorted((a, b) => a.attempt - b.attempt);
    const last = ordered.at(-1);
    if (last === undefined) return [];
    const { testId, job, file, titlePath, project } = last;
    return [{ testId, job, file, titlePath, project, outcome: outcomeOf(ordered), durationMs: sumDurations(ordered), attempts: ordered }];
  });
}

function sumDurations(attempts: readonly TestAttempt[]): number {
  return attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
}

function toRow(batch: TestBatch, attempt: TestAttempt): Insertable<TestAttemptTable> {
  return {
    run: batch.run,
    job: batch.job,
    job_attempt: batch.jobAttempt,
    shard: batch.shard ?? 1,
    id: attempt.id,
    test_id: attempt.testId,
    attempt: attempt.attempt,
    file: storableText(attempt.file),
    title_path: storableJson(attempt.titlePath),
    project: attempt.project ?? null,
    status: attempt.status,
    started_at: attempt.startedAt ?? null,
    duration_ms: attempt.durationMs,
    error: storableJsonOrNull(attempt.error),
    output: attempt.output === undefined ? null : storableText(keepEnds(attempt.output)),
    attachments: storableJson(attempt.attachments),
  };
}

/** The beginning and the end of an endless output; what explains a failure is usually at one of them. */
function keepEnds(text: string): string {
  if (text.length <= outputLimit) return text;
  const half = outputLimit / 2;
  return `${text.slice(0, half)}\n[${text.length - outputLimit} characters left out]\n${text.slice(-half)}`;
}

function toAttempt(row: Selectable<TestAttemptTable>): StoredAttempt {
  return {
    job: row.job,
    shard: row.shard,
    id: row.id,
    testId: row.test_id,
    file: row.file,
    titlePath: row.title_path,
    project: row.project ?? undefined,
    attempt: row.attempt,
    status: row.status,
    startedAt: row.started_at ?? undefined,
    durationMs: row.duration_ms,
    error: row.error ?? undefined,
    output: row.output ?? undefined,
    attachments: row.attachments,
  };
}
