import type { RuntimeName } from "@dojang/model";
import { type Selectable, sql } from "kysely";
import { retryWhenLost } from "./lost-connection.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { LedgerTable } from "./run-tables.ts";
import { storableJson } from "./storable.ts";
import type { Store } from "./store.ts";

/**
 * Everything Dojang makes outside of its database is written here before it is made, and crossed out after it is gone. So
 * whatever a killed process left behind has an entry, and what has no entry is not ours.
 */
export interface LedgerEntry {
  readonly kind: LedgerKind;
  /** Unique within its kind: the environment's id, a path, a pid. */
  readonly id: string;
  readonly runtime?: RuntimeName;
  readonly owner: ProcessIdentity;
  readonly run?: string;
  readonly job?: string;
  /** Outlives its owner: `dojang up`. */
  readonly keep: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
}

export type LedgerKind = "environment" | "process" | "folder" | "socket";

export interface Intent {
  readonly kind: LedgerKind;
  readonly id: string;
  readonly runtime?: RuntimeName;
  readonly owner: ProcessIdentity;
  readonly run?: string;
  readonly job?: string;
  /** False unless said. */
  readonly keep?: boolean;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Resolves when it is on disk. An entry of the same kind and id is replaced. */
export async function recordIntent(store: Store, intent: Intent): Promise<void> {
  const row = {
    kind: intent.kind,
    id: intent.id,
    runtime: intent.runtime ?? null,
    owner: storableJson(intent.owner),
    run: intent.run ?? null,
    job: intent.job ?? null,
    keep: intent.keep ?? false,
    data: storableJson(intent.data ?? {}),
    released_at: null,
  };
  await retryWhenLost(() =>
    store.db
      .insertInto("ledger")
      .values(row)
      .onConflict((conflict) => conflict.columns(["kind", "id"]).doUpdateSet({ ...row, created_at: sql`now_ms()` }))
      .execute(),
  );
}

/** After it is gone. Safe twice. */
export async function markReleased(store: Store, entry: { readonly kind: LedgerKind; readonly id: string }): Promise<void> {
  await retryWhenLost(() =>
    store.db
      .updateTable("ledger")
      .set({ released_at: sql`now_ms()` })
      .where("kind", "=", entry.kind)
      .where("id", "=", entry.id)
      .where("released_at", "is", null)
      .execute(),
  );
}

/** What may still exist, oldest first. */
export async function listLive(
  store: Store,
  filter: { readonly kind?: LedgerKind; readonly run?: string; readonly job?: string } = {},
): Promise<readonly LedgerEntry[]> {
  let query = store.db.selectFrom("ledger").selectAll().where("released_at", "is", null);
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  if (filter.run !== undefined) query = query.where("run", "=", filter.run);
  if (filter.job !== undefined) query = query.where("job", "=", filter.job);
  const rows = await query.orderBy("created_at").execute();
  return rows.map(toEntry);
}

/** Ids of what was crossed out. */
export async function releasedIds(store: Store, kind: LedgerKind): Promise<ReadonlySet<string>> {
  const rows = await store.db.selectFrom("ledger").select("id").where("kind", "=", kind).where("released_at", "is not", null).execute();
  return new Set(rows.map((row) => row.id));
}

function toEntry(row: Selectable<LedgerTable>): LedgerEntry {
  return {
    // Only recordIntent writes the table.
    kind: row.kind as LedgerKind,
    id: row.id,
    runtime: row.runtime ?? undefined,
    owner: row.owner,
    run: row.run ?? undefined,
    job: row.job ?? undefined,
    keep: row.keep,
    data: row.data,
    createdAt: row.created_at,
  };
}
