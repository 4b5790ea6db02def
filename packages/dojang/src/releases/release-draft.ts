import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDraft } from "@dojang/runtime";
import { markReleased, recordIntent } from "../store/ledger.ts";
import { withLockFile } from "../store/lock-file.ts";
import { makeFolder } from "../store/postgres-folders.ts";
import { thisProcess } from "../store/process-identity.ts";
import type { Store } from "../store/store.ts";
import { releasesHome } from "./release.ts";

/**
 * Lets one at a time make a release in a folder beside the others, which is gone afterwards, also when the process is killed: `make`
 * moves what is to stay.
 */
export async function inReleaseDraft<Made>(
  { store, signal }: { readonly store: Store; readonly signal: AbortSignal },
  make: (draft: string) => Promise<Made>,
): Promise<Made> {
  const folder = releasesHome(store.home);
  await makeFolder(folder, 0o711);
  // A state folder may lie in somebody's repository, whose .gitignore then hides it: git is not to look further up from here.
  await writeFile(join(folder, ".git"), "", { flag: "a" });
  return withLockFile(join(folder, ".lock"), { signal }, async () => {
    const draft = await makeDraft(folder);
    const intent = { kind: "folder" as const, id: draft };
    await recordIntent(store, { ...intent, owner: thisProcess() });
    try {
      await chmod(draft, 0o711);
      return await make(draft);
    } finally {
      await rm(draft, { recursive: true, force: true });
      await markReleased(store, intent);
    }
  });
}
