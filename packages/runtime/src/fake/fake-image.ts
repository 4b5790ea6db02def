import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** A built tree, in memory. */
export interface FakeImage {
  readonly files: ReadonlyMap<string, string>;
  readonly digest: string;
  readonly sizeBytes: number;
}

const mostFiles = 2_000;

/** A context that does not exist is an empty one: engine tests need no files. */
export async function readContext(context: string): Promise<Map<string, string>> {
  const entries = await readdir(context, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, string>();
  for (const entry of entries.filter((one) => one.isFile()).slice(0, mostFiles)) {
    const path = join(entry.parentPath, entry.name);
    files.set(relative(context, path), await readFile(path, "utf8"));
  }
  return files;
}

export function imageOf(files: ReadonlyMap<string, string>): FakeImage {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for (const path of [...files.keys()].sort()) {
    const content = files.get(path) ?? "";
    hash.update(JSON.stringify([path, content]));
    sizeBytes += Buffer.byteLength(content);
  }
  return { files, digest: `sha256:${hash.digest("hex")}`, sizeBytes };
}
