import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { identify } from "../supervision/process-tree.ts";

/**
 * One process at a time does what a path stands for. The lock is a file that names its owner; one whose owner is dead is
 * taken over, so that a killed process holds nobody up.
 */
export async function withOwnerLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const me = await identify(process.pid);
  const owner = `${process.pid} ${me?.startedAt ?? ""} ${crypto.randomUUID()}`;
  while (!(await take(path, owner))) {
    signal.throwIfAborted();
    await dropDead(path);
    await wait(50, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string, owner: string): Promise<boolean> {
  return writeFile(path, owner, { flag: "wx" }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
}

/** Moved aside before it is removed: of two who find it dead, only one moves it, and a new owner's file is put back. */
async function dropDead(path: string): Promise<void> {
  const seen = await readFile(path, "utf8").catch(() => "");
  if (seen === "" || (await ownerLives(seen))) return;
  const aside = `${path}.${crypto.randomUUID()}`;
  if (
    !(await rename(path, aside).then(
      () => true,
      () => false,
    ))
  )
    return;
  const moved = await readFile(aside, "utf8").catch(() => "");
  if (moved !== seen) await rename(aside, path);
  else await rm(aside, { force: true });
}

async function ownerLives(text: string): Promise<boolean> {
  const [pid, startedAt] = text.split(" ");
  return (await identify(Number(pid)))?.startedAt === startedAt;
}
