import { sql } from "kysely";
import { identityKey, liveness, type ProcessIdentity } from "./process-identity.ts";
import type { Store } from "./store.ts";

/** Every process with an open store says this often that it lives, for those who cannot see it: other machines and containers. */
export const announceMs = 10_000;
/** Who says nothing for so long is taken for dead where it cannot be seen. */
export const silenceMs = 60_000;

export async function announceProcess(store: Pick<Store, "db">, identity: ProcessIdentity): Promise<void> {
  const row = { identity: identityKey(identity), seen_at: sql<number>`now_ms()` };
  await store.db
    .insertInto("process")
    .values(row)
    .onConflict((conflict) => conflict.column("identity").doUpdateSet({ seen_at: row.seen_at }))
    .execute();
}

/** An orderly end. */
export async function retireProcess(store: Pick<Store, "db">, identity: ProcessIdentity): Promise<void> {
  await store.db.deleteFrom("process").where("identity", "=", identityKey(identity)).execute();
  await sql`delete from process where seen_at < now_ms() - ${silenceMs * 60}`.execute(store.db);
}

/** The keys of those that are dead: proved on this machine, or silent for a minute elsewhere. */
export async function findDead(store: Store, identities: readonly ProcessIdentity[]): Promise<ReadonlySet<string>> {
  const byKey = new Map(identities.map((identity) => [identityKey(identity), identity]));
  const judged = [...byKey].map(([key, identity]) => ({ key, found: liveness(identity) }));
  const dead = new Set(judged.filter(({ found }) => found === "dead").map(({ key }) => key));
  const unseen = judged.filter(({ found }) => found === "unknown").map(({ key }) => key);
  if (unseen.length === 0) return dead;
  const heard = await store.db
    .selectFrom("process")
    .select("identity")
    .where("identity", "in", unseen)
    .where("seen_at", ">", sql<number>`now_ms() - ${silenceMs}`)
    .execute();
  const alive = new Set(heard.map((row) => row.identity));
  for (const key of unseen) if (!alive.has(key)) dead.add(key);
  return dead;
}
