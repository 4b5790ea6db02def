import { readdirSync, readFileSync } from "node:fs";

/** What /proc says: read at once, for it never waits for a disk. Empty when the process is gone, as it may be between two looks, or someone else's. */
export function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

export function listProc(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
