import { join } from "node:path";
import { nameAdvice, Problem } from "@dojang/model";
import type { Selectable } from "kysely";
import type { ReleaseTable } from "../store/deployment-tables.ts";
import type { Store } from "../store/store.ts";
import type { ReleaseManifest } from "./release-manifest.ts";

/** An immutable version of a project: built once, and the same for every environment it goes into. */
export interface Release {
  /** `<project>-r<number>`. */
  readonly id: string;
  readonly project: string;
  readonly number: number;
  /** Undefined for one made of a folder that is no repository. */
  readonly commit: string | undefined;
  readonly author: string | undefined;
  /** Of what it was made from: the same again gives the same release. */
  readonly digest: string;
  readonly manifest: ReleaseManifest;
  readonly createdAt: number;
  /** Its files are gone since then; the row stays, for deployments name it. */
  readonly removedAt: number | undefined;
  readonly folders: ReleaseFolders;
}

/**
 * `<home>/releases/<id>`:
 *   source/      the project's folder at the commit; never written to
 *   workspace/   the same with what its install brought, for steps; never written to
 *   static/      links to the folders that the edge answers from
 *   sbom.cdx.json, provenance.json, manifest.json
 * Built trees are on a shelf that releases share: `<home>/releases/.artifacts/<digest>/tree`.
 */
export interface ReleaseFolders {
  readonly folder: string;
  readonly source: string;
  readonly workspace: string;
  readonly static: string;
  readonly sbom: string;
  readonly provenance: string;
  readonly manifest: string;
}

export function releasesHome(home: string): string {
  return join(home, "releases");
}

export function releaseFolders(home: string, id: string): ReleaseFolders {
  return foldersIn(join(releasesHome(home), id));
}

export function foldersIn(folder: string): ReleaseFolders {
  return {
    folder,
    source: join(folder, "source"),
    workspace: join(folder, "workspace"),
    static: join(folder, "static"),
    sbom: join(folder, "sbom.cdx.json"),
    provenance: join(folder, "provenance.json"),
    manifest: join(folder, "manifest.json"),
  };
}

/** Throws Problem `release-unknown`. */
export async function getRelease(store: Store, id: string): Promise<Release> {
  const row = await store.db.selectFrom("release").selectAll().where("id", "=", id).executeTakeFirst();
  if (row !== undefined) return toRelease(store, row);
  const known = await store.db.selectFrom("release").select("id").where("removed_at", "is", null).execute();
  throw new Problem({
    code: "release-unknown",
    message: `there is no release ${id}`,
    fix: nameAdvice(
      id,
      known.map((one) => one.id),
      "releases",
    ),
    exit: "configuration",
  });
}

/** Newest first; those whose files are gone only when asked for. */
export async function listReleases(
  store: Store,
  { project, removed = false }: { readonly project?: string; readonly removed?: boolean } = {},
): Promise<readonly Release[]> {
  let query = store.db.selectFrom("release").selectAll();
  if (project !== undefined) query = query.where("project", "=", project);
  if (!removed) query = query.where("removed_at", "is", null);
  return (await query.orderBy("project").orderBy("number", "desc").execute()).map((row) => toRelease(store, row));
}

export function toRelease(store: Pick<Store, "home">, row: Selectable<ReleaseTable>): Release {
  return {
    id: row.id,
    project: row.project,
    number: row.number,
    commit: row.commit ?? undefined,
    author: row.author ?? undefined,
    digest: row.digest,
    // Only createRelease writes the table.
    manifest: row.manifest as ReleaseManifest,
    createdAt: row.created_at,
    removedAt: row.removed_at ?? undefined,
    folders: releaseFolders(store.home, row.id),
  };
}
