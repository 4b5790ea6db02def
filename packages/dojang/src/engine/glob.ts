import { matchesGlob } from "node:path";

/** `*` stays inside a path segment, `**` does not: globs as in dojang.yml. */
export function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => matchesGlob(text, glob));
}
