import type { Release } from "./release.ts";

/** Whether nothing is migrated between two releases, as far as their sources tell. Where no migrations were found nobody can tell: then only the very same sources are the same. */
export function sameMigrations(one: Pick<Release, "manifest">, other: Pick<Release, "manifest">): boolean {
  const [a, b] = [one.manifest, other.manifest];
  if (a.sourceDigest === b.sourceDigest) return true;
  return a.migrations.length > 0 && JSON.stringify(a.migrations) === JSON.stringify(b.migrations);
}
