import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDraft, sweepDrafts } from "../draft-folder.ts";
import { environmentExists } from "../runtime-problems.ts";
import { identify, type ProcessIdentity } from "../supervision/process-tree.ts";
import { guestOwnership } from "./guest-user.ts";

/**
 * The folder of one environment, `<home>/sandbox/<id>`:
 *   mark.json   who and whose it is; there from the first moment, gone last
 *   plan/       what the agent is told, and what only it may read
 *   sockets/    sockets of the control plane that members may reach
 *   guest/      the agent's: its control socket, the spool of output, disk/ (volumes and overlays on disk)
 * No guest sees any of it but the folders below disk/ that are mounted for it.
 */
export interface PodPaths {
  readonly folder: string;
  readonly mark: string;
  readonly plan: string;
  readonly sockets: string;
  readonly guest: string;
  readonly control: string;
  readonly spool: string;
  readonly log: string;
  readonly launcher: string;
}

export interface PodMark {
  readonly id: string;
  readonly project: string;
  readonly run?: string;
  readonly startedAt: number;
  /** The process that is starting it. */
  readonly starter: ProcessIdentity;
  readonly services: readonly MarkedService[];
  readonly workspace?: boolean;
  /** Digests of the images it runs, which must not be pruned. */
  readonly images?: readonly string[];
}

/** What the agent need not know of a service, kept for those who ask later. */
export interface MarkedService {
  readonly name: string;
  readonly program: string;
  readonly ports: readonly number[];
}

/** This process, as a mark names it. */
export async function thisProcess(): Promise<ProcessIdentity> {
  const known = await identify(process.pid);
  if (known === undefined) throw new Error("/proc does not show this process");
  return known;
}

export function podsFolder(home: string): string {
  return join(home, "sandbox");
}

export function podPaths(home: string, id: string): PodPaths {
  const folder = join(podsFolder(home), id);
  const guest = join(folder, "guest");
  return {
    folder,
    mark: join(folder, "mark.json"),
    plan: join(folder, "plan"),
    sockets: join(folder, "sockets"),
    guest,
    control: join(guest, "control.sock"),
    spool: join(guest, "spool"),
    log: join(folder, "agent.log"),
    launcher: join(folder, "launcher.pid"),
  };
}

/** Makes the folder with its mark in one step; an id that has one is a Problem. */
export async function makePodFolder(home: string, mark: PodMark): Promise<PodPaths> {
  const paths = podPaths(home, mark.id);
  await mkdir(podsFolder(home), { recursive: true, mode: 0o711 });
  const staging = await makeDraft(podsFolder(home));
  try {
    await writeFile(join(staging, "mark.json"), JSON.stringify(mark), { mode: 0o600 });
    await mkdir(join(staging, "plan"));
    await mkdir(join(staging, "sockets"));
    await chmod(join(staging, "sockets"), 0o711);
    await mkdir(join(staging, "guest"));
    await chmod(join(staging, "guest"), 0o700);
    await own(join(staging, "guest"));
    await chmod(staging, 0o711);
    await rename(staging, paths.folder);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOTEMPTY" || code === "EEXIST") throw environmentExists(mark.id);
    throw error;
  }
  return paths;
}

/** Gives a folder or file that the control plane just made to the guests' user. */
export async function own(path: string): Promise<void> {
  const guest = guestOwnership();
  if (guest) await chown(path, guest.uid, guest.gid);
}

export async function readMark(paths: PodPaths): Promise<PodMark | undefined> {
  const text = await readFile(paths.mark, "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

export async function listMarks(home: string): Promise<readonly PodMark[]> {
  const names = await readdir(podsFolder(home)).catch(() => []);
  const marks = await Promise.all(names.filter((name) => !name.startsWith(".")).map((name) => readMark(podPaths(home, name))));
  return marks.filter((mark) => mark !== undefined);
}

/** What a process that was killed left before it had a mark: empty, and nobody's. */
export async function sweepUnmarked(home: string): Promise<void> {
  await sweepDrafts(podsFolder(home));
}
