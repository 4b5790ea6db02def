import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Former logs that are kept: access.log.1 is the newest. */
export const keptLogs = 4;

/**
 * Renames logs that are larger than the limit. nginx goes on writing to the renamed file until it opens its logs anew, so no line
 * is lost. True when there was one.
 */
export async function rotateLogs(folder: string, limitBytes: number): Promise<boolean> {
  let wasRotated = false;
  for (const name of ["access.log", "error.log"]) {
    const path = join(folder, name);
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size <= limitBytes) continue;
    await rm(`${path}.${keptLogs}`, { force: true });
    for (let number = keptLogs - 1; number >= 1; number--) await renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
    await renameIfThere(path, `${path}.1`);
    wasRotated = true;
  }
  return wasRotated;
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
