import { sql } from "kysely";
import { isStoreUnavailable, retryWhenLost } from "./lost-connection.ts";
import { liveness, thisProcess } from "./process-identity.ts";
import { storableJson } from "./storable.ts";
import type { Store } from "./store.ts";

/**
 * Work that any of several processes may do, and one at a time does: who claims its name has a lease that is lengthened as long as the work
 * goes on, and a fence, a number that grows with every taking. A holder that is dead is followed at once, one that is silent when its lease
 * is over; should it wake up, its fence is old, it is told by the next beat that the claim is lost, and ends nothing of its follower's.
 */
export const claimLeaseMs = 30_000;
export const claimBeatMs = 5_000;

export interface HeldClaim {
  readonly name: string;
  readonly fence: number;
}

export class ClaimLost extends Error {
  constructor({ name }: HeldClaim) {
    super(`${name} was taken over by another process`);
    this.name = "ClaimLost";
  }
}

/** Does the work while the claim is held, and gives it back. False, and nothing done, when somebody else is at it. The work's signal aborts with ClaimLost. */
export async function whileClaimed(
  store: Store,
  { name, signal, beatMs = claimBeatMs }: { readonly name: string; readonly signal: AbortSignal; readonly beatMs?: number },
  work: (signal: AbortSignal, claim: HeldClaim) => Promise<void>,
): Promise<boolean> {
  signal.throwIfAborted();
  const held = await takeClaim(store, name);
  if (held === undefined) return false;
  const lost = new AbortController();
  const timer = setInterval(() => {
    beatClaim(store, held).then(
      (isHeld) => isHeld || lost.abort(new ClaimLost(held)),
      // A database that blips is asked at the next beat.
      () => {},
    );
  }, beatMs);
  try {
    await work(AbortSignal.any([signal, lost.signal]), held);
  } finally {
    clearInterval(timer);
    await releaseClaim(store, held).catch((error: unknown) => {
      // The lease ends by itself.
      if (!isStoreUnavailable(error)) throw error;
    });
  }
  return true;
}

/** Undefined when a process has it that is not known to be dead, and whose lease is not over. */
export async function takeClaim(store: Store, name: string): Promise<HeldClaim | undefined> {
  const seen = await store.db.selectFrom("claim").selectAll().where("name", "=", name).executeTakeFirst();
  const deadFence = seen !== undefined && seen.owner !== null && liveness(seen.owner) === "dead" ? seen.fence : -1;
  const { rows } = await sql<{ fence: number }>`
    insert into claim (name, fence, owner, lease_until)
    values (${name}, 1, ${storableJson(thisProcess())}::jsonb, now_ms() + ${claimLeaseMs})
    on conflict (name) do update set fence = claim.fence + 1, owner = excluded.owner, lease_until = excluded.lease_until
      where claim.owner is null or claim.lease_until < now_ms() or claim.fence = ${deadFence}
    returning fence`.execute(store.db);
  const fence = rows[0]?.fence;
  return fence === undefined ? undefined : { name, fence };
}

/** Lengthens the lease; false when somebody else has it. */
export async function beatClaim(store: Store, { name, fence }: HeldClaim): Promise<boolean> {
  const row = await retryWhenLost(() =>
    store.db
      .updateTable("claim")
      .set({ lease_until: sql<number>`now_ms() + ${claimLeaseMs}` })
      .where("name", "=", name)
      .where("fence", "=", fence)
      .where("owner", "is not", null)
      .returning("fence")
      .executeTakeFirst(),
  );
  return row !== undefined;
}

/** Nothing when somebody else has it. */
export async function releaseClaim(store: Store, { name, fence }: HeldClaim): Promise<void> {
  await retryWhenLost(() =>
    store.db.updateTable("claim").set({ owner: null, lease_until: null }).where("name", "=", name).where("fence", "=", fence).execute(),
  );
}
