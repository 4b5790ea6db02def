import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes what is missing of a path that a person named, and returns the topmost folder it made, undefined when all was there. Node's own
 * recursive mkdir never returns where a folder cannot be made although the one above it is there, as below /proc: here that is ENOENT.
 */
export async function makeFolders(path: string, mode?: number): Promise<string | undefined> {
  const folder = resolve(path);
  try {
    await mkdir(folder, { mode });
    return folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // What the file system throws.
    if (code === "EEXIST" && (await isFolder(folder))) return undefined;
    if (code !== "ENOENT" || (await isFolder(dirname(folder)))) throw error;
  }
  const first = await makeFolders(dirname(folder), mode);
  return (await makeFolders(folder, mode)) === undefined ? first : (first ?? folder);
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
