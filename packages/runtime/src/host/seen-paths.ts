/** Where paths that Compose speaks of really are: `/var/lib/app` -> `<environment>/volumes/app`. */
export type SeenPaths = readonly { readonly target: string; readonly source: string }[];

/** The real path of one that lies in a mount, else the path itself. The deepest mount wins. */
export function seenPath(paths: SeenPaths, path: string): string {
  const mount = deepestFirst(paths).find(({ target }) => path === target || path.startsWith(`${withSlash(target)}`));
  return mount === undefined ? path : `${mount.source}${path.slice(mount.target.length)}`;
}

/** Paths within a value or a word of a command: `file:/data/app.db`, `--dir=/data`, `sqlite:////data/app.db`. */
export function rewritePaths(paths: SeenPaths, text: string): string {
  // One pass: what was rewritten by one mount must not be looked at by the next.
  const mounts = deepestFirst(paths).filter(({ target }) => target.length > 1);
  if (mounts.length === 0) return text;
  const anyTarget = mounts.map(({ target }) => target.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const pattern = new RegExp(`(^|:///|[=:,;\\s"'\`(])(${anyTarget})(?=/|$|[=:,;\\s"'\`)])`, "g");
  return text.replace(pattern, (whole, before: string, target: string) => {
    const mount = mounts.find((one) => one.target === target);
    return mount === undefined ? whole : `${before}${mount.source}`;
  });
}

function deepestFirst(paths: SeenPaths): SeenPaths {
  return [...paths].sort((a, b) => b.target.length - a.target.length);
}

function withSlash(target: string): string {
  return target.endsWith("/") ? target : `${target}/`;
}
