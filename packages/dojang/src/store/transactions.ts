import type { RequestId, Transaction } from "@dojang/model";
import { type Insertable, type Selectable, sql } from "kysely";
import type { TransactionTable } from "./evidence-tables.ts";
import { retryWhenLost } from "./lost-connection.ts";
import { storableJson, storableJsonOrNull, storableText } from "./storable.ts";
import type { Store } from "./store.ts";

export type StoredTransaction = Transaction & {
  readonly run?: string;
  readonly job?: string;
};

export interface TransactionBatch {
  /** Undefined: recorded in an environment of `dojang up`. */
  readonly run?: string;
  readonly job?: string;
  readonly transactions: readonly Transaction[];
}

const batchSize = 500;

/** One that is there already is left as it is, so a batch may be sent twice. */
export async function appendTransactions(store: Store, batch: TransactionBatch): Promise<void> {
  for (let from = 0; from < batch.transactions.length; from += batchSize) {
    const rows = batch.transactions.slice(from, from + batchSize).map((transaction) => toRow(batch, transaction));
    await retryWhenLost(() =>
      store.db
        .insertInto("transaction")
        .values(rows)
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute(),
    );
  }
}

/** Of a job, forgets those that belong to none of these test attempts. Bodies go with the next sweep. */
export async function keepTransactionsOf(
  store: Store,
  of: { readonly run: string; readonly job: string; readonly testAttempts: readonly string[] },
): Promise<void> {
  await store.db
    .deleteFrom("transaction")
    .where("run", "=", of.run)
    .where("job", "=", of.job)
    .where(sql<boolean>`(test_attempt is null or test_attempt <> all (${[...of.testAttempts]}::text[]))`)
    .execute();
}

export interface TransactionFilter {
  readonly run?: string;
  readonly job?: string;
  readonly environment?: string;
  /** A test attempt's id; the same in every run, so say the run too. */
  readonly testAttempt?: string;
  readonly requestIds?: readonly RequestId[];
  /** Started in [from, to). */
  readonly from?: number;
  readonly to?: number;
  /** 100,000 unless said. */
  readonly limit?: number;
}

/** In the order they started. */
export async function listTransactions(store: Store, filter: TransactionFilter): Promise<readonly StoredTransaction[]> {
  let query = store.db.selectFrom("transaction").selectAll();
  if (filter.run !== undefined) query = query.where("run", "=", filter.run);
  if (filter.job !== undefined) query = query.where("job", "=", filter.job);
  if (filter.environment !== undefined) query = query.where("environment", "=", filter.environment);
  if (filter.testAttempt !== undefined) query = query.where("test_attempt", "=", filter.testAttempt);
  if (filter.requestIds !== undefined) query = query.where(sql<boolean>`request_id = any (${[...filter.requestIds]}::uuid[])`);
  if (filter.from !== undefined) query = query.where("started_at", ">=", filter.from);
  if (filter.to !== undefined) query = query.where("started_at", "<", filter.to);
  const rows = await query
    .orderBy("started_at")
    .orderBy("id")
    .limit(filter.limit ?? 100_000)
    .execute();
  return rows.map(toTransaction);
}

export async function getTransaction(store: Store, id: string): Promise<StoredTransaction | undefined> {
  const row = await store.db.selectFrom("transaction").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toTransaction(row);
}

function toRow(batch: TransactionBatch, transaction: Transaction): Insertable<TransactionTable> {
  return {
    id: transaction.id,
    run: batch.run ?? null,
    job: batch.job ?? null,
    environment: transaction.environment,
    request_id: transaction.requestId,
    test_attempt: transaction.testAttempt ?? null,
    lane: transaction.lane,
    kind: transaction.kind,
    method: storableText(transaction.method),
    url: storableText(transaction.url),
    status: transaction.status ?? null,
    request_headers: storableJson(transaction.requestHeaders),
    response_headers: storableJson(transaction.responseHeaders),
    request_body: storableJsonOrNull(transaction.requestBody),
    response_body: storableJsonOrNull(transaction.responseBody),
    started_at: transaction.startedAt,
    first_byte_ms: transaction.firstByteMs ?? null,
    duration_ms: transaction.durationMs,
    error: transaction.error === undefined ? null : storableText(transaction.error),
  };
}

function toTransaction(row: Selectable<TransactionTable>): StoredTransaction {
  return {
    run: row.run ?? undefined,
    job: row.job ?? undefined,
    id: row.id,
    environment: row.environment,
    requestId: row.request_id.replaceAll("-", ""),
    testAttempt: row.test_attempt ?? undefined,
    lane: row.lane,
    kind: row.kind,
    method: row.method,
    url: row.url,
    status: row.status ?? undefined,
    requestHeaders: row.request_headers,
    responseHeaders: row.response_headers,
    requestBody: row.request_body ?? undefined,
    responseBody: row.response_body ?? undefined,
    startedAt: row.started_at,
    firstByteMs: row.first_byte_ms ?? undefined,
    durationMs: row.duration_ms,
    error: row.error ?? undefined,
  };
}
