import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { makeFolders } from "@dojang/runtime";

/** One process at a time makes drafts in a folder: two would pay for the same answers. The lock of a process that is gone is taken over. */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  await makeFolders(folder);
  const file = join(folder, ".making");
  const own = `${file}.${process.pid}`;
  await writeFile(own, String(process.pid));
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      // A link, for it is there with its text or not at all.
      const taken = await link(own, file).then(
        () => false,
        (error: NodeJS.ErrnoException) => {
          if (error.code === "EEXIST") return true;
          throw error;
        },
      );
      if (!taken) return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
      const owner = Number(await readFile(file, "utf8").catch(() => ""));
      if (isRunning(owner)) throw busy(folder, owner);
      await rm(file, { force: true });
    }
    throw busy(folder, 0);
  } finally {
    await rm(own, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function busy(folder: string, pid: number): Problem {
  return new Problem({
    code: "drafts-busy",
    exit: "refused",
    message: `process ${pid} is making drafts in ${folder}`,
    fix: "wait until it has ended, or name another folder with --into",
    place: { file: folder },
  });
}
