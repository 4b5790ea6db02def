import { Problem } from "@dojang/model";
import { type Kysely, sql } from "kysely";
import type { Database } from "./database.ts";
import { runsAndJobs } from "./migrations/0001-runs-and-jobs.ts";
import { facts } from "./migrations/0002-facts.ts";
import { logs } from "./migrations/0003-logs.ts";
import { outsideCalls } from "./migrations/0004-outside-calls.ts";
import { deployments } from "./migrations/0005-deployments.ts";
import { backups } from "./migrations/0006-backups.ts";
import { watching } from "./migrations/0007-watching.ts";
import { practice } from "./migrations/0008-practice.ts";
import { claims } from "./migrations/0009-claims.ts";

/** One step of the schema. A step that was released is never edited: a further one changes what it made. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

export const migrations: readonly Migration[] = [runsAndJobs, facts, logs, outsideCalls, deployments, backups, watching, practice, claims];

/** Brings the schema up to date. Safe to call from many processes at once: one of them does the work, the others find it done. */
export async function migrate(db: Kysely<Database>, steps: readonly Migration[] = migrations): Promise<readonly string[]> {
  const newest = steps.at(-1)?.number ?? 0;
  if ((await readVersion(db)) === newest) return [];
  return await db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtext('dojang migrate'))`.execute(transaction);
    await sql`create schema if not exists dojang`.execute(transaction);
    await sql`create table if not exists migration (number integer primary key, name text not null, applied_at timestamptz not null default now())`.execute(
      transaction,
    );
    const version = (await readVersion(transaction)) ?? 0;
    if (version > newest) throw schemaIsNewer(version, newest);
    const missing = steps.filter((step) => step.number > version);
    for (const step of missing) {
      await sql.raw(step.sql).execute(transaction);
      await transaction.insertInto("migration").values({ number: step.number, name: step.name }).execute();
    }
    return missing.map((step) => step.name);
  });
}

async function readVersion(db: Kysely<Database>): Promise<number | undefined> {
  const { rows } = await sql<{ exists: boolean }>`select to_regclass('dojang.migration') is not null as exists`.execute(db);
  if (rows[0]?.exists !== true) return undefined;
  const newest = await db
    .selectFrom("migration")
    .select((e) => e.fn.max("number").as("number"))
    .executeTakeFirst();
  return newest?.number ?? 0;
}

function schemaIsNewer(version: number, newest: number): Problem {
  return new Problem({
    code: "store-newer",
    message: `the store's schema is version ${version}, this Dojang knows versions up to ${newest}`,
    fix: "update Dojang to the version that wrote this store, or use another DOJANG_HOME",
    exit: "infrastructure",
  });
}
