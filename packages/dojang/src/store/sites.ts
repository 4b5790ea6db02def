import type { Selectable } from "kysely";
import type { SiteTable } from "./deployment-tables.ts";
import { retryWhenLost } from "./lost-connection.ts";
import { storableJson } from "./storable.ts";
import type { Store } from "./store.ts";

/** A deployment environment that was deployed to, as it is remembered without its project at hand. */
export interface SiteRow {
  readonly id: string;
  readonly project: string;
  readonly environment: string;
  /** The project's folder when it was last deployed from. */
  readonly directory: string;
  /** The environment's part of dojang.yml of its last deployment. */
  readonly definition: unknown;
  readonly currentRelease?: string;
  readonly previousRelease?: string;
  readonly createdAt: number;
}

/** Made, or brought up to date; its releases stay. */
export async function saveSite(
  store: Store,
  site: Pick<SiteRow, "id" | "project" | "environment" | "directory" | "definition">,
): Promise<SiteRow> {
  const { id, project, environment, directory } = site;
  const row = { id, project, environment, directory, definition: storableJson(site.definition) };
  const saved = await retryWhenLost(() =>
    store.db
      .insertInto("site")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ directory: row.directory, definition: row.definition }))
      .returningAll()
      .executeTakeFirstOrThrow(),
  );
  return toSite(saved);
}

export async function getSite(store: Store, id: string): Promise<SiteRow | undefined> {
  const row = await store.db.selectFrom("site").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toSite(row);
}

export async function listSites(store: Store, project?: string): Promise<readonly SiteRow[]> {
  let query = store.db.selectFrom("site").selectAll();
  if (project !== undefined) query = query.where("project", "=", project);
  return (await query.orderBy("id").execute()).map(toSite);
}

/** What the site serves from now on, and what it goes back to. */
export async function setSiteReleases(
  store: Store,
  site: { readonly id: string; readonly current: string | undefined; readonly previous: string | undefined },
): Promise<void> {
  await retryWhenLost(() =>
    store.db
      .updateTable("site")
      .set({ current_release: site.current ?? null, previous_release: site.previous ?? null })
      .where("id", "=", site.id)
      .execute(),
  );
}

function toSite(row: Selectable<SiteTable>): SiteRow {
  return {
    id: row.id,
    project: row.project,
    environment: row.environment,
    directory: row.directory,
    definition: row.definition,
    currentRelease: row.current_release ?? undefined,
    previousRelease: row.previous_release ?? undefined,
    createdAt: row.created_at,
  };
}
