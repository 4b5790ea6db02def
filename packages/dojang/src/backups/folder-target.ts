import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Problem } from "@dojang/model";
import { isDiskFull } from "../store/disk-room.ts";
import { syncFolder } from "./backup-key.ts";
import type { CopyTarget } from "./backup-target.ts";
import { diskFull, syncFile } from "./write-sealed.ts";

/** A folder of this machine, best of another disk. The folder itself is never made: a disk that is not mounted has to be noticed. */
export function folderTarget(name: string, root: string): CopyTarget {
  const place = (key: string) => join(root, key);
  const there = async () => {
    await access(root).catch((cause: unknown) => {
      throw new Problem({
        code: "backup-target-lost",
        exit: "infrastructure",
        message: `backup target ${name} refused: the folder is not there`,
        fix: "mount its disk, or make the folder",
        cause,
      });
    });
  };
  return {
    name,
    async put(file, { key, sizeBytes, signal }) {
      await there();
      const path = place(key);
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await pipeline(createReadStream(file), createWriteStream(`${path}.making`, { mode: 0o600 }), { signal });
        await syncFile(`${path}.making`);
        await rename(`${path}.making`, path);
        await syncFolder(dirname(path));
      } catch (error) {
        await rm(`${path}.making`, { force: true });
        signal.throwIfAborted();
        throw isDiskFull(error) ? diskFull(path, 0, error) : refused(name, error);
      }
      const found = (await stat(path)).size;
      if (found !== sizeBytes) throw refused(name, new Error(`the copy has ${found} bytes instead of ${sizeBytes}`));
    },
    async get(key) {
      await there();
      const path = place(key);
      return (await sizeOf(path)) === undefined ? undefined : createReadStream(path);
    },
    async size(key) {
      await there();
      return await sizeOf(place(key));
    },
    async remove(key) {
      await there();
      await rm(place(key), { force: true });
    },
    async list(prefix) {
      await there();
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".making"));
      const keys = files.map((entry) => join(entry.parentPath, entry.name).slice(root.replace(/\/$/, "").length + 1));
      const wanted = keys.filter((key) => key.startsWith(prefix)).sort();
      return await Promise.all(wanted.map(async (key) => ({ key, sizeBytes: (await sizeOf(place(key))) ?? 0 })));
    },
    async warning() {
      const [own, above] = await Promise.all([stat(root), stat(dirname(root))]).catch(() => [undefined, undefined]);
      if (own === undefined || above === undefined || own.dev !== above.dev) return undefined;
      return `${root} is no mount point: if it lies on the disk of the state folder, one broken disk takes backups and data at once`;
    },
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

function refused(name: string, cause: unknown): Problem {
  return new Problem({
    code: "backup-target-lost",
    exit: "infrastructure",
    message: `backup target ${name} refused: ${cause instanceof Error ? cause.message : String(cause)}`,
    fix: "see that the folder can be written to",
    cause,
  });
}
