import type { OutsideCall } from "@dojang/model";
import { type Insertable, type Selectable, sql } from "kysely";
import type { OutsideCallTable } from "./evidence-tables.ts";
import { retryWhenLost } from "./lost-connection.ts";
import { storableJson, storableJsonOrNull, storableText } from "./storable.ts";
import type { Store } from "./store.ts";

export type StoredOutsideCall = OutsideCall & { readonly run?: string; readonly job?: string };

const batchSize = 500;

/** One that is there already is left as it is, so a batch may be sent twice. */
export async function appendOutsideCalls(
  store: Store,
  batch: { readonly run: string; readonly job: string; readonly calls: readonly OutsideCall[] },
): Promise<void> {
  for (let from = 0; from < batch.calls.length; from += batchSize) {
    const rows = batch.calls.slice(from, from + batchSize).map((call) => toRow(batch, call));
    await retryWhenLost(() =>
      store.db
        .insertInto("outside_call")
        .values(rows)
        .onConflict((conflict) => conflict.columns(["environment", "id"]).doNothing())
        .execute(),
    );
  }
}

/**
 * Gives each call of an environment the transaction that caused it: of those with its request id the last that had begun, for a
 * client that traces itself may use one id for many. A transaction that asked the same of the mock itself at that time is the call,
 * made by the step. To be called once everything is recorded; again, it changes nothing.
 */
export async function attributeOutsideCalls(store: Store, { environment, hosts }: AttributionRequest): Promise<void> {
  await sql`
    update outside_call as call
    set transaction = cause.id, test_attempt = cause.test_attempt, direct = cause.direct
    from (
      select distinct on (one.id) one.id as call, t.id, t.test_attempt,
        t.method = one.method
          and regexp_replace(t.url, ${authority}, '') = regexp_replace(one.url, ${authority}, '')
          and lower(substring(t.url from ${hostInUrl})) in (
            select lower(host) from jsonb_array_elements_text(${JSON.stringify(hosts)}::jsonb -> one.mock) as host)
          and one.started_at between t.started_at - ${clockSlackMs} and t.started_at + t.duration_ms + ${clockSlackMs} as direct
      from outside_call as one
      join transaction as t on t.request_id = one.request_id and t.environment = one.environment
      where one.environment = ${environment}
      order by one.id, direct desc, (t.started_at <= one.started_at) desc, abs(t.started_at - one.started_at)
    ) as cause
    where call.environment = ${environment} and call.id = cause.call`.execute(store.db);
}

export interface AttributionRequest {
  readonly environment: string;
  /** Every name and address by which steps reach each mock. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

const authority = "^[a-z]+://[^/?#]*";
const hostInUrl = "^[a-z]+://(?:[^/@]*@)?\\[?([^]/:?#]+)";

/** Both sides measure with clocks of their own process, which start from the system's. */
const clockSlackMs = 50;

/** Of a job, forgets those of tests that are not named, unless they were left unanswered or broke a contract. */
export async function keepOutsideCallsOf(
  store: Store,
  of: { readonly run: string; readonly job: string; readonly testAttempts: readonly string[] },
): Promise<void> {
  await store.db
    .deleteFrom("outside_call")
    .where("run", "=", of.run)
    .where("job", "=", of.job)
    .where("answered_by", "<>", "nothing")
    .where("declared", "=", true)
    .where(sql<boolean>`violations = '[]'`)
    .where(sql<boolean>`(test_attempt is null or test_attempt <> all (${[...of.testAttempts]}::text[]))`)
    .execute();
}

export interface OutsideCallFilter {
  readonly run?: string;
  readonly environment?: string;
  /** 100,000 unless said. */
  readonly limit?: number;
}

/** In the order they started. */
export async function listOutsideCalls(store: Store, filter: OutsideCallFilter): Promise<readonly StoredOutsideCall[]> {
  let query = store.db.selectFrom("outside_call").selectAll();
  if (filter.run !== undefined) query = query.where("run", "=", filter.run);
  if (filter.environment !== undefined) query = query.where("environment", "=", filter.environment);
  const rows = await query
    .orderBy("started_at")
    .orderBy("sequence")
    .limit(filter.limit ?? 100_000)
    .execute();
  return rows.map(toCall);
}

function toRow(of: { readonly run: string; readonly job: string }, call: OutsideCall): Insertable<OutsideCallTable> {
  return {
    environment: call.environment,
    id: storableText(call.id),
    run: of.run,
    job: of.job,
    mock: call.mock,
    request_id: call.requestId ?? null,
    transaction: call.transaction ?? null,
    test_attempt: call.testAttempt ?? null,
    direct: call.direct,
    method: storableText(call.method),
    url: storableText(call.url),
    status: call.status ?? null,
    fault: call.fault ?? null,
    answered_by: call.answeredBy,
    stub: storableJsonOrNull(call.stub),
    declared: call.declared,
    violations: storableJson(call.violations),
    nearest: storableJsonOrNull(call.nearest),
    request_headers: storableJson(call.requestHeaders),
    response_headers: storableJson(call.responseHeaders),
    request_body: storableJsonOrNull(call.requestBody),
    response_body: storableJsonOrNull(call.responseBody),
    started_at: call.startedAt,
    duration_ms: call.durationMs,
    delay_ms: call.delayMs,
  };
}

function toCall(row: Selectable<OutsideCallTable>): StoredOutsideCall {
  return {
    run: row.run ?? undefined,
    job: row.job ?? undefined,
    id: row.id,
    environment: row.environment,
    mock: row.mock,
    requestId: row.request_id?.replaceAll("-", ""),
    transaction: row.transaction ?? undefined,
    testAttempt: row.test_attempt ?? undefined,
    direct: row.direct,
    method: row.method,
    url: row.url,
    status: row.status ?? undefined,
    fault: row.fault ?? undefined,
    answeredBy: row.answered_by,
    stub: row.stub ?? undefined,
    declared: row.declared,
    violations: row.violations,
    nearest: row.nearest ?? undefined,
    requestHeaders: row.request_headers,
    responseHeaders: row.response_headers,
    requestBody: row.request_body ?? undefined,
    responseBody: row.response_body ?? undefined,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    delayMs: row.delay_ms,
  };
}
