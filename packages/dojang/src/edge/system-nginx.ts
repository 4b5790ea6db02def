import { mkdir, readFile, rm } from "node:fs/promises";
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
export async function writeToSystem(change: SystemChange & { readonly text: string }): Promise<boolean> {
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
  await writeWhole(rememberedFile(change.folder), includeFile);
  return true;
}

/** Takes back what was handed over, if anything was. */
export async function removeFromSystem(change: SystemChange): Promise<boolean> {
  const includeFile = await includedFile(change.folder);
  if (includeFile === undefined) return false;
  await rm(includeFile, { force: true });
  const complaint = await commandFailure(systemNginx(change.system).reload, change.signal);
  if (complaint !== undefined) throw refused(includeFile, complaint);
  await rm(rememberedFile(change.folder), { force: true });
  return true;
}

export async function includedFile(folder: string): Promise<string | undefined> {
  return await readFile(rememberedFile(folder), "utf8").catch(() => undefined);
}

function rememberedFile(folder: string): string {
  return join(folder, "included-file");
}

const socketFolder = "/run/dojang";
/** `/<key of site>/<slot>/<service>.sock` with the longest name of a service, and the closing zero of unix(7)'s 108 bytes. */
const roomForSocket = 108 - 1 - "/0123456789/00/".length - 63 - ".65535.sock".length;

/**
 * Where the machine's nginx finds the slots: it has a working directory of its own, so the path is absolute, and a long one gets
 * a short name in /run. That is empty after each start of the machine, so it is made again whenever the edge is opened for it.
 */
export async function systemSocketBase(folder: string, homeKey: string): Promise<string> {
  const slots = join(folder, "s");
  if (Buffer.byteLength(slots) <= roomForSocket) return slots;
  const short = join(socketFolder, homeKey);
  try {
    await mkdir(dirname(short), { recursive: true });
    await makeOpenFolder(dirname(short));
    await replaceLink(short, slots);
    return short;
  } catch (error) {
    throw new Problem({
      code: "edge-home-too-deep",
      message: `the path of DOJANG_HOME is too long for addresses of unix sockets (${slots}), and a short name in ${socketFolder} cannot be made`,
      fix: `use a DOJANG_HOME of at most ${roomForSocket - "/edge/s".length} bytes, or let root make ${socketFolder} for this user`,
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
