import { rename } from "node:fs/promises";
import { sql } from "kysely";
import { markReleased, recordIntent } from "../store/ledger.ts";
import { thisProcess } from "../store/process-identity.ts";
import { storableJson } from "../store/storable.ts";
import type { Store } from "../store/store.ts";
import { type Release, releaseFolders, toRelease } from "./release.ts";
import type { ReleaseManifest } from "./release-manifest.ts";
import type { CommitFacts } from "./release-source.ts";
import { missingFiles } from "./whole-release.ts";

/** With all its files; one that lost some is built anew, under a new number. */
export async function findWhole(store: Store, wanted: { readonly project: string; readonly digest: string }): Promise<Release | undefined> {
  const rows = await store.db
    .selectFrom("release")
    .selectAll()
    .where("project", "=", wanted.project)
    .where("digest", "=", wanted.digest)
    .where("removed_at", "is", null)
    .orderBy("number", "desc")
    .execute();
  for (const row of rows) {
    const release = toRelease(store, row);
    if ((await missingFiles(store.home, release)).length === 0) return release;
  }
  return undefined;
}

/** The row comes first, and counts as removed until its files are in their place. */
export async function reserveNumber(
  store: Store,
  release: { readonly project: string; readonly digest: string; readonly commit: CommitFacts | undefined },
): Promise<{ readonly id: string; readonly number: number }> {
  const { project, digest, commit } = release;
  const last = await store.db
    .selectFrom("release")
    .select(({ fn }) => fn.max("number").as("number"))
    .where("project", "=", project)
    .executeTakeFirst();
  const number = (last?.number ?? 0) + 1;
  const id = `${project}-r${number}`;
  await reserve(store, { id, project, number, digest, commit: commit?.commit ?? null, author: commit?.author.name ?? null });
  return { id, number };
}

export interface ReservedRelease {
  readonly id: string;
  readonly project: string;
  readonly number: number;
  readonly digest: string;
  readonly commit: string | null;
  readonly author: string | null;
}

export async function reserve(store: Store, { id, project, number, digest, commit, author }: ReservedRelease): Promise<void> {
  await store.db
    .insertInto("release")
    .values({ id, project, number, digest, commit, author, manifest: storableJson({}), removed_at: Date.now() })
    .execute();
}

/** From now on it is there. */
export async function moveIn(
  store: Store,
  made: { readonly draft: string; readonly id: string; readonly manifest: ReleaseManifest },
): Promise<void> {
  const { folder } = releaseFolders(store.home, made.id);
  const intent = { kind: "folder" as const, id: folder };
  await recordIntent(store, { ...intent, owner: thisProcess() });
  await rename(made.draft, folder);
  await store.db
    .updateTable("release")
    .set({ manifest: storableJson(made.manifest), removed_at: null, created_at: sql`now_ms()` })
    .where("id", "=", made.id)
    .execute();
  await markReleased(store, intent);
}
