import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

const executable = 0o111;

/**
 * sha256 over a tree: paths in byte order, whether executable, links by their text, contents. Owners, times and empty
 * differences of mode are left out, so that the same sources give the same digest on every machine.
 */
export async function digestTree(root: string): Promise<{ readonly digest: string; readonly sizeBytes: number }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const visit = async (inside: string): Promise<void> => {
    const names = (await readdir(join(root, inside), { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of names) {
      const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) {
        hash.update(`d ${path}\0`);
        await visit(path);
      } else if (entry.isSymbolicLink()) hash.update(`l ${path}\0${await readlink(join(root, path))}\0`);
      else if (entry.isFile()) sizeBytes += await addFile(path);
      // Sockets, pipes and devices are not part of what is built.
    }
  };
  const addFile = async (path: string): Promise<number> => {
    const { mode, size } = await lstat(join(root, path));
    hash.update(`f ${path}\0${mode & executable ? "x" : "-"} ${size}\0`);
    for await (const chunk of createReadStream(join(root, path))) hash.update(chunk);
    return size;
  };
  await visit("");
  return { digest: `sha256:${hash.digest("hex")}`, sizeBytes };
}
