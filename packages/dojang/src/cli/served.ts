import { listLive } from "../store/ledger.ts";
import { isAlive } from "../store/process-identity.ts";
import type { Store } from "../store/store.ts";

/** The ledger's entry of `dojang serve`: one for each that runs. */
export const servePrefix = "serve-";

/** Whether a `dojang serve` of this state folder is there to go on with what needs no terminal. */
export async function isServed(store: Store): Promise<boolean> {
  const entries = await listLive(store, { kind: "process" });
  return entries.some(({ id, owner }) => id.startsWith(servePrefix) && isAlive(owner));
}
