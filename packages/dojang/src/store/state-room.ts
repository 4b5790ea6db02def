import { Problem } from "@dojang/model";
import { freeBytes, isRoomMissing } from "./disk-room.ts";
import { isConnectionLost, storeUnavailable } from "./lost-connection.ts";

/**
 * The disk of the state folder, on which the embedded database is too. Without room a statement fails with 53100 where a table has to
 * grow; where it is the log that has to grow, the server ends with all its connections, and cannot be started until there is room:
 * then the lost connection is all that is seen, and the disk has to be asked.
 */
const mib = 1024 * 1024;

/** A segment of PostgreSQL's log, the most that it takes in one piece. */
export const leastRoomBytes = 16 * mib;

/** Whether the database of this state folder may lack what it needs to go on. */
export async function lacksRoom(home: string): Promise<boolean> {
  return (await freeBytes(home)) < leastRoomBytes;
}

export async function stateDiskFull(home: string, cause?: unknown): Promise<Problem> {
  const free = Math.floor((await freeBytes(home)) / mib);
  return new Problem({
    code: "disk-full",
    message: `the disk of the state folder ${home} is full: ${free} MiB are left, and the database in it wants ${leastRoomBytes / mib} MiB`,
    fix: `make room on that disk (\`df -h ${home}\`; \`du -xh -d2 ${home} | sort -h | tail\` shows what of it is Dojang's) and start the command again (\`dojang serve\` goes on by itself): nothing that was done is lost; with some room \`dojang releases prune\` removes former releases`,
    exit: "infrastructure",
    place: { file: home },
    cause,
  });
}

/** What is told when a database fails: the full disk, where that is or may be why. `home` is that of the embedded one. */
export async function storeFailure(error: unknown, home: string | undefined): Promise<unknown> {
  const isLost = isConnectionLost(error);
  if (home === undefined) return isRoomMissing(error) ? databaseDiskFull(error) : isLost ? storeUnavailable(error) : error;
  if (isRoomMissing(error) || (isLost && (await lacksRoom(home)))) return await stateDiskFull(home, error);
  return isLost ? storeUnavailable(error) : error;
}

function databaseDiskFull(cause: unknown): Problem {
  return new Problem({
    code: "disk-full",
    message: "the disk of the database is full: its server (DATABASE_URL) has no room for what is written",
    fix: "make room on the disk of that server, then start the command again: nothing that was done is lost",
    exit: "infrastructure",
    cause,
  });
}
