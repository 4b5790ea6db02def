import type { JobResult } from "../environments/job-result.ts";
import { putCodeFindings } from "../store/code-findings.ts";
import { putCoverage } from "../store/coverage.ts";
import type { Job } from "../store/jobs.ts";
import type { Store } from "../store/store.ts";
import { recordTests } from "../store/tests.ts";

/** Keeps what a job found, under the attempt it was claimed with. */
export async function recordJobFacts(store: Store, job: Job, result: JobResult): Promise<void> {
  const shards = Map.groupBy(result.attempts, ({ shard }) => shard);
  for (const [shard, entries] of shards) {
    const attempts = entries.map(({ attempt }) => attempt);
    await recordTests(store, { run: job.run, job: job.id, jobAttempt: job.attempt, shard, attempts });
  }
  if (result.coverage) await putCoverage(store, { run: job.run, job: job.id, coverage: result.coverage, patch: result.patchCoverage });
  if (result.findings.length > 0) await putCodeFindings(store, { run: job.run, job: job.id, findings: result.findings });
}
