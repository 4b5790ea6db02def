import { createHash } from "node:crypto";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "../supervision/process-tree.ts";

/**
 * The folder of one environment, `<home>/host/environments/<id>`:
 *   mark.json         who and whose it is; there from the first moment
 *   plan.json         what the supervisor does
 *   supervisor.json   the process that watches the services
 *   processes.ndjson  every process it started, by id and start time, for whoever cleans up after it was killed
 *   control/          its control socket; sockets/ those of the control plane; logs/ the spool of output
 *   services/ volumes/ workspace/   what belongs to the guest
 */
export interface HostFolder {
  readonly home: string;
  readonly id: string;
  readonly folder: string;
  readonly mark: string;
  readonly plan: string;
  readonly supervisor: string;
  readonly supervisorLog: string;
  readonly processes: string;
  readonly control: string;
  readonly sockets: string;
  readonly logs: string;
  readonly services: string;
  readonly volumes: string;
  readonly workspace: string;
}

export interface HostMark {
  readonly id: string;
  readonly project: string;
  readonly run?: string;
  readonly startedAt: number;
  readonly starter?: ProcessIdentity;
  /** Numbers and times of processes count from a start of the machine, and mean others after the next. */
  readonly boot?: string;
}

export function hostHome(home: string): string {
  return join(home, "host");
}

export function hostFolder(home: string, id: string): HostFolder {
  const folder = join(hostHome(home), "environments", id);
  const inside = (name: string) => join(folder, name);
  return {
    home,
    id,
    folder,
    mark: inside("mark.json"),
    plan: inside("plan.json"),
    supervisor: inside("supervisor.json"),
    supervisorLog: inside("supervisor.log"),
    processes: inside("processes.ndjson"),
    control: inside("control/control.sock"),
    sockets: inside("sockets"),
    logs: inside("logs"),
    services: inside("services"),
    volumes: inside("volumes"),
    workspace: inside("workspace"),
  };
}

/** `NAME=value` that every process of the environment carries, wherever it goes. */
export function environmentMark(paths: HostFolder): { readonly name: string; readonly value: string; readonly text: string } {
  const value = `${paths.id}@${createHash("sha256").update(paths.home).digest("hex").slice(0, 12)}`;
  return { name: "DOJANG_ENVIRONMENT", value, text: `DOJANG_ENVIRONMENT=${value}` };
}

export async function writeWhole(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Undefined when it is not there, not written yet, or was being written when the machine lost its power. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function listFolders(home: string): Promise<readonly HostFolder[]> {
  const names = await readdir(join(hostHome(home), "environments")).catch(() => []);
  return names.map((id) => hostFolder(home, id));
}

export type NotedProcess = ProcessIdentity & { readonly service?: string };

/** Which start of the machine this is; undefined where the system does not say. */
export async function bootId(): Promise<string | undefined> {
  return readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** Whether what was noted of processes is of a start of the machine that is over: none of them lives. */
async function isOfEarlierBoot(paths: HostFolder): Promise<boolean> {
  const mark = await readJson<HostMark>(paths.mark);
  return mark?.boot !== undefined && mark.boot !== (await bootId());
}

export async function liveSupervisor(paths: HostFolder): Promise<ProcessIdentity | undefined> {
  if (await isOfEarlierBoot(paths)) return undefined;
  const known = await readJson<ProcessIdentity>(paths.supervisor);
  return known !== undefined && (await isAlive(known)) ? known : undefined;
}

/** Every process the supervisor noted down, alive or not, and which service's it was. */
export async function notedProcesses(paths: HostFolder): Promise<readonly NotedProcess[]> {
  if (await isOfEarlierBoot(paths)) return [];
  const text = await readFile(paths.processes, "utf8").catch(() => "");
  const noted: NotedProcess[] = [];
  for (const line of text.split("\n")) {
    try {
      if (line !== "") noted.push(JSON.parse(line));
    } catch {
      // The last line of a supervisor that was killed while writing it; the mark in the environment finds that process.
    }
  }
  return noted;
}
