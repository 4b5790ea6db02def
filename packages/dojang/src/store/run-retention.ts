import { sql } from "kysely";
import { sweepArtifacts } from "./artifacts.ts";
import { sweepBodies } from "./bodies.ts";
import { dayMs } from "./log-row.ts";
import type { Store } from "./store.ts";

export interface RunRetention {
  readonly keepDays: number;
  /** The newest finished runs of every project stay, however old. */
  readonly keepRuns: number;
  readonly now: number;
}

export interface RunRetentionReport {
  readonly runs: number;
  readonly bodies: number;
  readonly artifactBytes: number;
}

/** Forgets finished runs that are neither pinned, young, nor among the newest, with all their facts; then bodies and artifacts nobody refers to. */
export async function retainRuns(store: Store, retention: RunRetention): Promise<RunRetentionReport> {
  const { numAffectedRows } = await sql`
    delete from run where id in (
      select id from (
        select id, pinned, finished_at, row_number() over (partition by project order by sequence desc) as age
        from run where finished_at is not null) as finished
      where not pinned and age > ${retention.keepRuns} and finished_at < ${retention.now - retention.keepDays * dayMs})`.execute(store.db);
  // Of environments that belonged to no run.
  await store.db
    .deleteFrom("transaction")
    .where("run", "is", null)
    .where("started_at", "<", retention.now - retention.keepDays * dayMs)
    .execute();
  await store.db
    .deleteFrom("ledger")
    .where("released_at", "<", retention.now - retention.keepDays * dayMs)
    .execute();
  return { runs: Number(numAffectedRows ?? 0n), bodies: await sweepBodies(store), artifactBytes: await sweepArtifacts(store) };
}
