import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** What must be empty when nothing is up and no command runs: each entry says what was found. */
export interface Leftovers {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly controlGroups: readonly string[];
  readonly folders: readonly string[];
}

export interface Traces {
  readonly home: string;
  readonly temporary: string;
  /** Ids of environments begin with it. */
  readonly project: string;
}

export const nothing: Leftovers = { processes: [], mounts: [], controlGroups: [], folders: [] };

/** Looks from outside, without asking Dojang: in /proc, at the mounts, the control groups and the state folder. */
export async function findLeftovers({ home, temporary, project }: Traces): Promise<Leftovers> {
  const [processes, mounts, controlGroups, folders] = await Promise.all([
    findProcesses(home),
    readFile("/proc/self/mountinfo", "utf8").then((text) => text.split("\n").filter((line) => line.includes(home))),
    findGroups(project),
    findFolders(home, temporary),
  ]);
  return { processes: processes.map(({ pid, command }) => `${pid} ${command}`), mounts, controlGroups, folders };
}

export interface FoundProcess {
  readonly pid: number;
  /** The words of its command line, with spaces. */
  readonly command: string;
}

/**
 * Every process that has to do with a state folder: it is named on its command line, it works there, or its mount
 * namespace shows something of it. A network namespace lives no longer than the processes in it.
 */
export async function findProcesses(home: string): Promise<readonly FoundProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, folder, mounts] = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
        readlink(`/proc/${pid}/cwd`).catch(() => ""),
        readFile(`/proc/${pid}/mountinfo`, "utf8").catch(() => ""),
      ]);
      const isOf = [command, folder, mounts].some((text) => text.includes(home));
      return isOf && pid !== process.pid ? { pid, command: command.replaceAll("\0", " ").trim() } : undefined;
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** With SIGKILL. One that has ended meanwhile is no failure. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      // Only system errors have a code, and process.kill throws no others.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

async function findGroups(project: string): Promise<string[]> {
  const found: string[] = [];
  for (const top of ["/sys/fs/cgroup", ...(await foldersIn("/sys/fs/cgroup"))]) {
    const ours = await foldersIn(join(top, "dojang"));
    found.push(...ours.filter((path) => path.includes(`/${project}`)));
  }
  return found;
}

/** Environments, half-made things, and whatever was put into the folder for temporary files, but for npm's own cache of its code. */
async function findFolders(home: string, temporary: string): Promise<string[]> {
  const environments = ["sandbox", "jobs/sandbox", "host/environments", "host/reserved", "keepers"].map((name) =>
    namesIn(join(home, name)),
  );
  const half = (await namesIn(home)).map(async (path) => (await namesIn(path)).filter((name) => /\/\.making-|\.half$|\.part$/.test(name)));
  return (await Promise.all([...environments, ...half, namesIn(temporary)])).flat().filter((path) => !path.endsWith("/node-compile-cache"));
}

async function namesIn(path: string): Promise<string[]> {
  return (await readdir(path).catch(() => [])).map((name) => join(path, name));
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
}
