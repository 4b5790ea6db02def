import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { Problem } from "@dojang/model";

/** The unprivileged user PostgreSQL runs as when Dojang is root. Guests have 1879048192 and above, so neither can signal or read the other. */
export const postgresUid = 1_879_048_191;

export interface PostgresAccount {
  /** Undefined: as the user who runs Dojang. */
  readonly uid?: number;
}

/** Whoever owns existing data goes on owning it. */
export function choosePostgresAccount(dataFolder: string): PostgresAccount {
  if (process.getuid?.() !== 0) return {};
  const owner = statSync(dataFolder, { throwIfNoEntry: false })?.uid;
  if (owner !== undefined && owner !== 0) return { uid: owner };
  const uid = highestUsableUid(readUidMap());
  if (uid !== undefined) return { uid };
  throw new Problem({
    code: "postgres-needs-user",
    message: "PostgreSQL does not run as root, and this container knows no other user id",
    fix: "run Dojang as an ordinary user, or set DATABASE_URL to a PostgreSQL server",
    exit: "infrastructure",
  });
}

/** A container's root may know only a few ids: then the highest below "nobody" (65534) is taken. */
export function highestUsableUid(uidMap: string): number | undefined {
  const ranges = uidMap
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([first = 0, , count = 0]) => ({ first, last: first + count - 1 }));
  if (ranges.some((range) => range.first <= postgresUid && postgresUid <= range.last)) return postgresUid;
  const highest = Math.max(...ranges.map((range) => Math.min(range.last, 65_533)));
  return highest >= 1 ? highest : undefined;
}

/**
 * initdb refuses a user id that has no name. When the account has none, the cluster is made by a system account that has
 * one and no process at the moment, and handed over when it is complete.
 */
export function chooseInitAccount(
  account: PostgresAccount,
  system: { readonly passwd: string; readonly busyUids: ReadonlySet<number> },
): PostgresAccount {
  if (account.uid === undefined) return account;
  const named = system.passwd
    .split("\n")
    .map((line) => Number(line.split(":")[2]))
    .filter((uid) => uid > 0);
  if (named.includes(account.uid)) return account;
  const idle = named.find((uid) => uid < 1000 && !system.busyUids.has(uid));
  if (idle !== undefined) return { uid: idle };
  throw new Problem({
    code: "postgres-needs-user",
    message: `initdb needs an account in /etc/passwd, and every system account there is in use`,
    fix: `echo 'dojang-postgres:x:${account.uid}:${account.uid}::/nonexistent:/usr/sbin/nologin' >> /etc/passwd`,
    exit: "infrastructure",
  });
}

/** For an ordinary user: as in a container that was given a bare number, there may be no name. */
export function requireName(): void {
  try {
    userInfo();
  } catch (cause) {
    const uid = process.getuid?.();
    throw new Problem({
      code: "postgres-needs-user",
      message: `user id ${uid} has no name in /etc/passwd, and initdb needs one`,
      fix: `let root add one: echo 'dojang:x:${uid}:${process.getgid?.()}::/:/bin/sh' >> /etc/passwd; or set DATABASE_URL`,
      exit: "infrastructure",
      cause,
    });
  }
}

export function readSystemAccounts(): { readonly passwd: string; readonly busyUids: ReadonlySet<number> } {
  const pids = (existsSync("/proc/self") ? readdirSync("/proc") : []).filter((name) => /^\d+$/.test(name));
  const owners = pids.map((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? 0);
  return { passwd: readFileSync("/etc/passwd", "utf8"), busyUids: new Set(owners) };
}

/** Throws the Problem that names the first folder on the way to `path` that the account may not enter. */
export function requireReachable(path: string, account: PostgresAccount): void {
  if (account.uid === undefined) return;
  for (let folder = path; ; folder = dirname(folder)) {
    const stat = statSync(folder);
    const mayEnter = stat.uid === account.uid ? (stat.mode & 0o100) !== 0 : (stat.mode & 0o001) !== 0;
    if (!mayEnter) throw notReachable(folder, account.uid);
    if (folder === dirname(folder)) return;
  }
}

function notReachable(folder: string, uid: number): Problem {
  return new Problem({
    code: "home-not-reachable",
    message: `PostgreSQL runs as user id ${uid} and may not enter ${folder}`,
    fix: `chmod o+x ${folder}, or set DOJANG_HOME to a folder that every user may enter (/var/lib/dojang)`,
    exit: "infrastructure",
  });
}

function readUidMap(): string {
  try {
    return readFileSync("/proc/self/uid_map", "utf8");
  } catch {
    return "0 0 4294967295";
  }
}
