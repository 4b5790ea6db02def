import { retryWhenLost } from "./lost-connection.ts";
import type { Store } from "./store.ts";

/** What a service used at one moment, as the runtime's stats say it. `cpuMs` grows from the service's start. */
export interface Sample {
  readonly service: string;
  readonly at: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly processes: number;
  readonly threads: number;
  readonly openFiles: number;
}

export interface SampleBatch {
  readonly environment: string;
  readonly run?: string;
  readonly samples: readonly Sample[];
}

const batchSize = 1000;

/** One that is there already is left as it is, so a batch may be sent twice. */
export async function appendSamples(store: Store, batch: SampleBatch): Promise<void> {
  for (let from = 0; from < batch.samples.length; from += batchSize) {
    const rows = batch.samples.slice(from, from + batchSize).map((sample) => ({
      environment: batch.environment,
      run: batch.run ?? null,
      service: sample.service,
      at: sample.at,
      cpu_ms: sample.cpuMs,
      memory_bytes: sample.memoryBytes,
      processes: sample.processes,
      threads: sample.threads,
      open_files: sample.openFiles,
    }));
    await retryWhenLost(() =>
      store.db
        .insertInto("sample")
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
  }
}

/** In order of time. */
export async function listSamples(
  store: Store,
  of: { readonly environment: string; readonly service?: string; readonly from?: number; readonly to?: number },
): Promise<readonly Sample[]> {
  let query = store.db.selectFrom("sample").selectAll().where("environment", "=", of.environment);
  if (of.service !== undefined) query = query.where("service", "=", of.service);
  if (of.from !== undefined) query = query.where("at", ">=", of.from);
  if (of.to !== undefined) query = query.where("at", "<", of.to);
  const rows = await query.orderBy("at").limit(1_000_000).execute();
  return rows.map((row) => ({
    service: row.service,
    at: row.at,
    cpuMs: row.cpu_ms,
    memoryBytes: row.memory_bytes,
    processes: row.processes,
    threads: row.threads,
    openFiles: row.open_files,
  }));
}
