import { sql } from "kysely";
import type { LoadFacts } from "../report/load-facts.ts";
import type { Store } from "./store.ts";

export interface EarlierLoadsFilter {
  readonly project: string;
  /** The job's name. */
  readonly job: string;
  readonly profile: string;
  /** Runs with a smaller number. */
  readonly before: number;
  /** 20 unless said. */
  readonly limit?: number;
}

/** The same profile of earlier runs, newest first: what a trend is drawn from. */
export async function earlierLoads(
  store: Store,
  { project, job, profile, before, limit = 20 }: EarlierLoadsFilter,
): Promise<LoadFacts["earlier"]> {
  const { rows } = await sql<{ run: string; number: number; commit: string | null; facts: LoadFacts }>`
    select run.id as run, run.number as number, run.commit as commit, facts - 'samples' - 'metrics' - 'seconds' - 'marks' - 'earlier' as facts
    from job
    join run on run.id = job.run
    cross join lateral jsonb_array_elements(coalesce(job.result -> 'detail' -> 'load', '[]'::jsonb)) as facts
    where run.project = ${project} and job.name = ${job} and run.number < ${before} and facts ->> 'profile' = ${profile}
    order by run.number desc
    limit ${limit}`.execute(store.db);
  return rows.map(({ run, number, commit, facts }) => ({
    run,
    number: Number(number),
    ...(commit === null ? {} : { commit }),
    startedAt: facts.startedAt,
    perSecond: facts.totals.perSecond,
    p50Ms: facts.totals.percentiles?.p50,
    p95Ms: facts.totals.percentiles?.p95,
    p99Ms: facts.totals.percentiles?.p99,
    errors: Object.values(facts.totals.errors).reduce((sum, times) => sum + times, 0),
    ...(facts.highestRateHeld === undefined ? {} : { heldPerSecond: facts.highestRateHeld.perSecond }),
    ...(facts.cpuUsPerRequest === undefined ? {} : { cpuUsPerRequest: facts.cpuUsPerRequest }),
  }));
}
