import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BuiltImage, makeDraft } from "@dojang/runtime";
import { releasesHome } from "./release.ts";

/**
 * Built trees that releases stand on, each once: `<home>/releases/.artifacts/<digest>/tree`. They share their files with what the
 * runtime built (hard links, for nobody writes to either), so that whatever the runtime removes of its own, a release keeps its own.
 */
export async function shelve(home: string, image: BuiltImage, signal: AbortSignal): Promise<BuiltImage> {
  const reference = shelvedTree(home, image.digest);
  if (!(await exists(reference))) await shareTree(image.reference, { to: reference, signal });
  return { ...image, reference };
}

export function shelvedTree(home: string, digest: string): string {
  return join(shelf(home), digest.replace(/^sha256:/, ""), "tree");
}

/** Removes what no release names. The caller keeps releases from being made meanwhile. */
export async function clearShelf(home: string, named: ReadonlySet<string>): Promise<readonly string[]> {
  const wanted = new Set([...named].map((digest) => digest.replace(/^sha256:/, "")));
  const unwanted = (await readdir(shelf(home)).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name) && !wanted.has(name));
  for (const name of unwanted) await rm(join(shelf(home), name), { recursive: true, force: true });
  return unwanted;
}

/** A tree with the same files, whole or not at all. Where links cannot be made (another disk), a copy. */
export async function shareTree(from: string, { to, signal }: { readonly to: string; readonly signal: AbortSignal }): Promise<void> {
  const folder = join(to, "..");
  const above = join(folder, "..");
  await mkdir(above, { recursive: true, mode: 0o711 });
  const draft = await makeDraft(above);
  try {
    // Modes of folders count for guests, who read what is here.
    await chmod(draft, 0o711);
    const script = 'cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }';
    await promisify(execFile)("sh", ["-c", script, "share", from, join(draft, "tree")], { signal });
    await rename(draft, folder).catch(async (error: NodeJS.ErrnoException) => {
      if ((error.code !== "ENOTEMPTY" && error.code !== "EEXIST") || !(await exists(to))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function shelf(home: string): string {
  return join(releasesHome(home), ".artifacts");
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
