import { Problem, systemFailure } from "@dojang/model";
import { isDiskFull, tellDisks } from "../store/disk-room.ts";

/** What is told of an error: the first one, as a Problem where the system or a disk is at fault. */
export async function tellableFailure(thrown: unknown, home: string): Promise<unknown> {
  const first = firstFailure(thrown);
  return systemFailure(first) ?? (await fullDisk(first, home).catch(() => undefined)) ?? first;
}

/** What failed first, where leaving it failed too. */
export function firstFailure(error: unknown): unknown {
  let first = error;
  for (let depth = 0; first instanceof SuppressedError && depth < 10; depth++) first = first.suppressed;
  return first;
}

/** A Problem in place of a write that names no file: by the disk of the state folder, where nearly everything is written. Undefined for everything else. */
export async function fullDisk(error: unknown, home: string): Promise<Problem | undefined> {
  if (error instanceof Problem || !(error instanceof Error) || !isDiskFull(error)) return undefined;
  const disks = await tellDisks([home]);
  return new Problem({
    code: "disk-full",
    message: `a disk is full: ${[disks, error.message.split("\n")[0]].filter(Boolean).join("; ")}`,
    fix: "make room (`df -h` shows where it is missing), then start the command again: the next one finishes or removes what this one had begun",
    exit: "infrastructure",
    place: { file: home },
  });
}
