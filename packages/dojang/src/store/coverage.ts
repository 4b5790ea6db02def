import type { Coverage, PatchCoverage } from "@dojang/model";
import { storableJson, storableJsonOrNull } from "./storable.ts";
import type { Store } from "./store.ts";

export interface JobCoverage {
  readonly run: string;
  readonly job: string;
  readonly coverage: Coverage;
  readonly patch?: PatchCoverage;
}

/** One per job: the last one given holds. */
export async function putCoverage(store: Store, entry: JobCoverage): Promise<void> {
  const files = storableJson(entry.coverage.files);
  const patch = storableJsonOrNull(entry.patch);
  await store.db
    .insertInto("coverage")
    .values({ job: entry.job, run: entry.run, files, patch })
    .onConflict((conflict) => conflict.column("job").doUpdateSet({ files, patch }))
    .execute();
}

export async function coverageOfRun(store: Store, run: string): Promise<readonly JobCoverage[]> {
  const rows = await store.db.selectFrom("coverage").selectAll().where("run", "=", run).orderBy("job").execute();
  return rows.map((row) => ({ run: row.run, job: row.job, coverage: { files: row.files }, patch: row.patch ?? undefined }));
}
