import { realpath } from "node:fs/promises";
import { resolve } from "node:path";

/** A folder as environments are kept by it: without symbolic links. One that is gone is what it was called. */
export async function realFolder(directory: string): Promise<string> {
  return await realpath(directory).catch(() => resolve(directory));
}
