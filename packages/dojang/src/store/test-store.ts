import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "./store.ts";

/** For tests: a store of its own on the real embedded PostgreSQL, gone with everything it made when closed. */
export async function openTestStore(): Promise<{ readonly store: Store; readonly home: string; close(): Promise<void> }> {
  const home = await makeTestHome();
  const store = await openStore({ home, signal: new AbortController().signal });
  return {
    store,
    home,
    close: async () => {
      await store.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** An empty state folder that the unprivileged user of PostgreSQL may enter. */
export async function makeTestHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "dojang-test-"));
  await chmod(home, 0o711);
  return home;
}
