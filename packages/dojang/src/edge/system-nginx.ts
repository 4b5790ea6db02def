import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "@dojang/model";
import { commandFailure } from "./nginx-process.ts";
import { makeOpenFolder, writeWhole } from "./open-folder.ts";
import { replaceLink } from "./site-slots.ts";

/** The nginx that the machine has already, and that gets a file to include. */
export interface SystemNginx {
  /** Included inside its `http`. */
  readonly includeFile: string;
  readonly test: readonly string[];
  readonly reload: readonly string[];
  /** Makes it open its logs anew. */
  readonly reopen: readonly string[];
}

const usual: SystemNginx = {
  includeFile: "/etc/nginx/conf.d/dojang.conf",
  test: ["nginx", "-t", "-q"],
  reload: ["nginx", "-s", "reload"],
  reopen: ["nginx", "-s", "reopen"],
};

export function systemNginx(given: Partial<SystemNginx> | undefined): SystemNginx {
  return { ...usual, ...given };
}

interface SystemChange {
  readonly folder: string;
  readonly system?: Partial<SystemNginx>;
  readonly signal: AbortSignal;
}

/** Hands over what to include; when it is refused, the former file is put back. False when nothing changed. */
export async function writeToSystem(change: SystemChange & { readonly text: string; readonly socketBase: string }): Promise<boolean> {
  const { includeFile, test, reload } = systemNginx(change.system);
  const former = await readFile(includeFile, "utf8").catch(() => undefined);
  if (former === change.text) return false;
  try {
    await writeWhole(includeFile, change.text);
  } catch (error) {
    throw unwritable(includeFile, error);
  }
  const complaint = (await commandFailure(test, change.signal)) ?? (await commandFailure(reload, change.signal));
  if (complaint !== undefined) {
    if (former === undefined) await rm(includeFile, { force: true });
    else await writeWhole(includeFile, former);
    throw refused(includeFile, complaint);
  }
  await writeWhole(rememberedFile(change.folder), JSON.stringify({ includeFile, socketBase: change.socketBase } satisfies Remembered));
  return true;
}

/** Takes back what was handed over, if anything was. */
export async function removeFromSystem(change: SystemChange): Promise<boolean> {
  const remembered = await readRemembered(change.folder);
  if (remembered === undefined) return false;
  const { includeFile, socketBase } = remembered;
  await rm(includeFile, { force: true });
  const complaint = await commandFailure(systemNginx(change.system).reload, change.signal);
  if (complaint !== undefined) throw refused(includeFile, complaint);
  if (socketBase !== join(change.folder, "s")) await rm(socketBase, { force: true });
  await rm(rememberedFile(change.folder), { force: true });
  return true;
}

/** What was handed over last. */
interface Remembered {
  readonly includeFile: string;
  readonly socketBase: string;
}

export async function servesBySystem(folder: string): Promise<boolean> {
  return (await readRemembered(folder)) !== undefined;
}

async function readRemembered(folder: string): Promise<Remembered | undefined> {
  const text = await readFile(rememberedFile(folder), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Remembered); // Written by `writeToSystem` alone.
}

function rememberedFile(folder: string): string {
  return join(folder, "system.json");
}

const socketFolder = "/run/dojang";
/** unix(7): 108 bytes with the closing zero. */
const longestAddress = 107;

/**
 * Where the machine's nginx finds the slots: it has a working directory of its own, so the path is absolute, and one that is too
 * long for the longest name of a socket gets a short name in /run.
 */
export async function systemSocketBase(options: {
  readonly folder: string;
  readonly homeKey: string;
  readonly socketNames: readonly string[];
}): Promise<string> {
  const slots = join(options.folder, "s");
  const longestName = Math.max(0, ...options.socketNames.map((name) => Buffer.byteLength(name)));
  const room = longestAddress - "/0123456789/00/".length - longestName;
  if (Buffer.byteLength(slots) <= room) return slots;
  const short = join(socketFolder, options.homeKey);
  if (Buffer.byteLength(short) > room) throw new Error(`a service's name is too long for a socket: ${longestName} bytes`);
  await makeShortName(short, slots);
  return short;
}

/** Makes the short name again: /run is empty after each start of the machine. */
export async function restoreSocketBase(folder: string): Promise<void> {
  const remembered = await readRemembered(folder);
  if (remembered !== undefined && remembered.socketBase !== join(folder, "s"))
    await makeShortName(remembered.socketBase, join(folder, "s"));
}

async function makeShortName(short: string, slots: string): Promise<void> {
  try {
    await makeOpenFolder(dirname(short));
    await replaceLink(short, slots);
  } catch (error) {
    throw new Problem({
      code: "edge-home-too-deep",
      message: `the path of DOJANG_HOME is too long for addresses of unix sockets (${slots}), and a short name in ${dirname(short)} cannot be made`,
      fix: `use a shorter DOJANG_HOME, or let root make ${dirname(short)} for this user`,
      exit: "configuration",
      cause: error,
    });
  }
}

function unwritable(includeFile: string, error: unknown): Problem {
  return new Problem({
    code: "system-nginx-unwritable",
    message: `the machine's nginx cannot be given its file ${includeFile}: ${error instanceof Error ? error.message : String(error)}`,
    fix: "start Dojang as a user that may write it and reload nginx, or use `site.nginx: own`",
    exit: "infrastructure",
  });
}

function refused(includeFile: string, complaint: string): Problem {
  return new Problem({
    code: "system-nginx-refused",
    message: `the machine's nginx refuses ${includeFile}, what it had before stays: ${complaint}`,
    fix: "put right what it names, and see whether `nginx -t` passes without Dojang's file",
    exit: "infrastructure",
  });
}
