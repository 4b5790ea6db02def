import type { RuntimeName } from "@dojang/model";
import { type ReapReport, reap } from "../engine/reaper.ts";
import { type PreparedRuntime, prepareRuntimes } from "../engine/runtimes.ts";
import type { Store } from "../store/store.ts";
import { type OpenOptions, openStoreOf } from "./open-store.ts";
import { stateFolder } from "./state-folder.ts";

/** What commands that touch environments work with: the state folder, the store, the runtimes, and a clean machine. */
export interface Session extends AsyncDisposable {
  readonly home: string;
  readonly store: Store;
  readonly runtimes: readonly PreparedRuntime[];
  /** What earlier processes had left behind, and was cleaned up. */
  readonly reaped: ReapReport;
}

/** Opens the state folder and removes what dead processes left in it, before anything new is made. */
export async function openSession({ context, say }: OpenOptions): Promise<Session> {
  const { signal } = context;
  const store = await openStoreOf({ context, say });
  const home = stateFolder(context.environment);
  try {
    const runtimes = await prepareRuntimes({ home, signal });
    const reaped = await reap({ store, runtimes: runtimes.map((ready) => ready.runtime), signal });
    for (const line of [...reaped.did, ...reaped.failed]) say(line);
    return { home, store, runtimes, reaped, [Symbol.asyncDispose]: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

export const runtimeNames: readonly RuntimeName[] = ["sandbox", "host"];
