import { access, constants, stat, statfs } from "node:fs/promises";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname } from "node:path";
import type { AvailabilityCheck } from "../contract.ts";
import { guestOwnership } from "../sandbox/guest-user.ts";

const neededNodeMajor = 24;
const leastMemoryBytes = 1024 ** 3;
const leastDiskBytes = 512 * 1024 ** 2;
const comfortableDiskBytes = 5 * 1024 ** 3;

/** The machine itself: Node, memory, disk, and where Dojang keeps its state. */
export async function machineChecks(home: string): Promise<readonly AvailabilityCheck[]> {
  return [checkNode(), checkMemory(), await checkDisk(home), await checkHome(home), checkUser()];
}

function checkNode(): AvailabilityCheck {
  const major = Number.parseInt(process.versions.node, 10);
  const seen = `${process.versions.node} (${process.execPath})`;
  if (major >= neededNodeMajor) return { name: "Node", state: "ok", seen, fix: "" };
  return { name: "Node", state: "missing", seen, fix: `Node ${neededNodeMajor} or later: \`npm install\` in Dojang's checkout brings it` };
}

function checkMemory(): AvailabilityCheck {
  const seen = `${mebibytes(totalmem())} in all, ${mebibytes(freemem())} free, ${availableParallelism()} processors`;
  if (totalmem() >= leastMemoryBytes) return { name: "memory", state: "ok", seen, fix: "" };
  return {
    name: "memory",
    state: "degraded",
    seen,
    fix: "an environment with PostgreSQL, Redis and two services wants 1 GiB: add memory or swap",
  };
}

async function checkDisk(home: string): Promise<AvailabilityCheck> {
  const place = await nearestExisting(home);
  const { bavail, bsize, files, ffree } = await statfs(place);
  const free = bavail * bsize;
  const nodes = files > 0 ? `, ${ffree} inodes free` : "";
  const seen = `${mebibytes(free)} free at ${home}${nodes}`;
  const fix = "free some space, or set DOJANG_HOME to a folder on a larger disk";
  if (free < leastDiskBytes) return { name: "disk", state: "missing", seen, fix };
  return free < comfortableDiskBytes ? { name: "disk", state: "degraded", seen, fix } : { name: "disk", state: "ok", seen, fix: "" };
}

/** Guests of a Dojang that is root are another user, who has to come into the folder. */
async function checkHome(home: string): Promise<AvailabilityCheck> {
  const name = "state folder";
  const place = await nearestExisting(home);
  const writable = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) return { name, state: "missing", seen: `${place} cannot be written to`, fix: "set DOJANG_HOME to a folder of yours" };
  const closed = await closedToGuests(place);
  if (closed === undefined) return { name, state: "ok", seen: home, fix: "" };
  const fix = `\`chmod o+x ${closed}\`, or set DOJANG_HOME to a folder whose parents everyone may enter, such as /var/lib/dojang`;
  return { name, state: "missing", seen: `guests cannot enter ${closed}, above ${home}`, fix };
}

function checkUser(): AvailabilityCheck {
  const guest = guestOwnership();
  const seen = guest === undefined ? "Dojang and guests are this user" : `Dojang is root, guests are user ${guest.uid}`;
  return { name: "user", state: "ok", seen, fix: "" };
}

async function nearestExisting(path: string): Promise<string> {
  for (let place = path; ; place = dirname(place)) {
    const found = await stat(place).catch(() => undefined);
    if (found !== undefined || place === dirname(place)) return place;
  }
}

/** The lowest folder on the way to a path that guests cannot enter; undefined when they can reach it. */
export async function closedToGuests(path: string): Promise<string | undefined> {
  if (guestOwnership() === undefined) return undefined;
  for (let place = path; ; place = dirname(place)) {
    if (((await stat(place)).mode & 0o001) === 0) return place;
    if (place === dirname(place)) return undefined;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
