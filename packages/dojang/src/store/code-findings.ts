import type { CodeFinding } from "@dojang/model";
import { storableText } from "./storable.ts";
import type { Store } from "./store.ts";

export type StoredCodeFinding = CodeFinding & { readonly job: string };

const limitPerJob = 10_000;
const batchSize = 1000;

/** Replaces the findings of the job. Returns how many were past the limit of 10,000 and left out. */
export async function putCodeFindings(
  store: Store,
  of: { readonly run: string; readonly job: string; readonly findings: readonly CodeFinding[] },
): Promise<number> {
  const kept = of.findings.slice(0, limitPerJob);
  await store.db.transaction().execute(async (db) => {
    await db.deleteFrom("code_finding").where("job", "=", of.job).execute();
    for (let from = 0; from < kept.length; from += batchSize) {
      const rows = kept.slice(from, from + batchSize).map((finding) => ({
        run: of.run,
        job: of.job,
        tool: storableText(finding.tool),
        rule: finding.rule ?? null,
        level: finding.level,
        message: storableText(finding.message),
        file: finding.file ?? null,
        line: finding.line ?? null,
        column: finding.column ?? null,
      }));
      await db.insertInto("code_finding").values(rows).execute();
    }
  });
  return of.findings.length - kept.length;
}

export async function codeFindingsOfRun(store: Store, run: string): Promise<readonly StoredCodeFinding[]> {
  const rows = await store.db.selectFrom("code_finding").selectAll().where("run", "=", run).orderBy("sequence").execute();
  return rows.map((row) => ({
    job: row.job,
    tool: row.tool,
    rule: row.rule ?? undefined,
    level: row.level,
    message: row.message,
    file: row.file ?? undefined,
    line: row.line ?? undefined,
    column: row.column ?? undefined,
  }));
}
