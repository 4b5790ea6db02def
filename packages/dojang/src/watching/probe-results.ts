import { sql } from "kysely";
import { retryWhenLost } from "../store/lost-connection.ts";
import { storableText } from "../store/storable.ts";
import type { Store } from "../store/store.ts";
import type { ProbeResult } from "./probe.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const resultsKeptMs = 3 * dayMs;
/** As many days as the status page shows, and one that has just begun. */
const hoursKeptMs = 91 * dayMs;

/** Keeps a result, and counts it in its hour. One that is there already is left as it is. */
export async function recordProbe(store: Store, site: string, result: ProbeResult): Promise<void> {
  const { probe, at, ok, status, durationMs, error } = result;
  const row = {
    site,
    probe: storableText(probe),
    at,
    ok,
    status: status ?? null,
    duration_ms: durationMs,
    error: error === undefined ? null : storableText(error),
  };
  await retryWhenLost(() =>
    store.db.transaction().execute(async (transaction) => {
      const inserted = await transaction
        .insertInto("probe_result")
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (inserted.numInsertedOrUpdatedRows === 0n) return;
      await transaction
        .insertInto("probe_hour")
        .values({ site, probe: row.probe, hour: Math.floor(at / hourMs) * hourMs, total: 1, failed: ok ? 0 : 1 })
        .onConflict((conflict) =>
          conflict.columns(["site", "probe", "hour"]).doUpdateSet({
            total: sql`probe_hour.total + excluded.total`,
            failed: sql`probe_hour.failed + excluded.failed`,
          }),
        )
        .execute();
    }),
  );
}

/** The newest first. */
export async function latestResults(
  store: Store,
  of: { readonly site: string; readonly probe: string; readonly limit: number },
): Promise<readonly ProbeResult[]> {
  const rows = await store.db
    .selectFrom("probe_result")
    .selectAll()
    .where("site", "=", of.site)
    .where("probe", "=", of.probe)
    .orderBy("at", "desc")
    .limit(of.limit)
    .execute();
  return rows.map((row) => ({
    probe: row.probe,
    at: row.at,
    ok: row.ok,
    status: row.status ?? undefined,
    durationMs: row.duration_ms,
    error: row.error ?? undefined,
  }));
}

/** Results of one hour, whole hours of the clock. */
export interface ProbeHour {
  readonly probe: string;
  readonly hour: number;
  readonly total: number;
  readonly failed: number;
}

/** In order of time, 90 days at most. */
export async function probeHours(store: Store, site: string, sinceMs: number): Promise<readonly ProbeHour[]> {
  return await store.db
    .selectFrom("probe_hour")
    .select(["probe", "hour", "total", "failed"])
    .where("site", "=", site)
    .where("hour", ">=", sinceMs)
    .orderBy("hour")
    .limit(50 * 91 * 24)
    .execute();
}

/** Forgets what is older than anybody asks for. */
export async function retainProbes(store: Store, now: number): Promise<void> {
  await store.db
    .deleteFrom("probe_result")
    .where("at", "<", now - resultsKeptMs)
    .execute();
  await store.db
    .deleteFrom("probe_hour")
    .where("hour", "<", now - hoursKeptMs)
    .execute();
}
