import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { identify } from "./supervision/process-tree.ts";

/**
 * What is made whole or not at all is made in a draft beside its place and renamed. The draft's name says who makes it, so that what a process
 * left that was killed is told from what is being made.
 */
export async function makeDraft(parent: string): Promise<string> {
  return mkdtemp(join(parent, `.making-${process.pid}-${(await birthOf(process.pid)) ?? ""}-`));
}

/** Removes the drafts in a folder whose makers are dead. What cannot be removed now, for something still writes there, is left to the next time. */
export async function sweepDrafts(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const [, pid, birth] = /^\.making-(\d+)-(\w*)-\w+$/.exec(name) ?? [];
    // Who could not see his own birth cannot be told from the dead.
    if (pid === undefined || birth === "" || (await birthOf(Number(pid))) === birth) continue;
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** A number that is used again belongs to somebody who was born later. Undefined of the dead. */
async function birthOf(pid: number): Promise<string | undefined> {
  return (await identify(pid))?.startedAt.replace(/\W/g, "");
}
