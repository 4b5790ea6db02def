import type { Release } from "./release.ts";

/** Every name the author of a release may be known by: of the commit, its mail address, and what stands before the @. */
export function authorNames({ manifest }: Pick<Release, "manifest">): readonly string[] {
  if (manifest.author === undefined) return [];
  const { name, email } = manifest.author;
  return [...new Set([name, email, email.split("@")[0] ?? ""])].filter((text) => text !== "");
}
