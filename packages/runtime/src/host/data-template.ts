import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "@dojang/model";
import { makeDraft } from "../draft-folder.ts";
import type { ProgramRequest } from "../programs/program-plan.ts";
import { resolveProgram } from "../programs/resolve-program.ts";
import { type GuestUser, guestOwnership } from "../sandbox/guest-user.ts";
import { runCommand } from "../supervision/run-command.ts";
import { hostHome } from "./host-folder.ts";
import { copyTree, giveTree } from "./own-tree.ts";

const stepTimeoutMs = 120_000;
const outputLimitBytes = 64 * 1024;

export interface FillRequest {
  readonly home: string;
  readonly request: ProgramRequest;
  readonly owner: GuestUser | undefined;
  readonly signal: AbortSignal;
}

/**
 * Fills a data directory from the template of its program: `<home>/host/templates/<key>/data`, made once and copied. A
 * directory that holds anything keeps it; one that was being filled when the machine stopped is filled again.
 */
export async function fillData({ home, request, owner, signal }: FillRequest): Promise<void> {
  const { data, template } = resolveProgram(request);
  if (data === undefined) return;
  await mkdir(data.directory, { recursive: true, mode: data.mode });
  // It may be a link, and neither chown nor rename looks where a link leads.
  const directory = await realpath(data.directory);
  if (template !== undefined && (await isUnfilled(directory))) {
    const source = join(hostHome(home), "templates", template.key, "data");
    if (!(await exists(source))) await makeTemplate({ home, request, key: template.key, signal });
    await fill(directory, { source, forGood: request.disposable !== true, signal });
  }
  if (data.mode === 0o700) await chmod(directory, data.mode);
  await giveTree(directory, owner, signal);
}

const fillingMark = ".dojang-filling";

/** A file system's own `lost+found` is nothing that anybody put there. */
async function isUnfilled(directory: string): Promise<boolean> {
  const entries = (await readdir(directory)).filter((name) => name !== "lost+found");
  return entries.length === 0 || entries.includes(fillingMark);
}

async function fill(
  directory: string,
  from: { readonly source: string; readonly forGood: boolean; readonly signal: AbortSignal },
): Promise<void> {
  for (const name of await readdir(directory)) if (name !== "lost+found") await rm(join(directory, name), { recursive: true, force: true });
  await writeFile(join(directory, fillingMark), "");
  await copyTree(from.source, directory, from.signal);
  // A database waits for the disk from its first transaction on; what it stands on has to be there too.
  if (from.forGood && process.platform === "linux") await promisify(execFile)("sync", ["-f", directory], { signal: from.signal });
  await rm(join(directory, fillingMark));
}

async function makeTemplate(from: {
  readonly home: string;
  readonly request: ProgramRequest;
  readonly key: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { home, request, key, signal } = from;
  const shelf = join(hostHome(home), "templates");
  await mkdir(shelf, { recursive: true, mode: 0o711 });
  const draft = await makeDraft(shelf);
  const dataDirectory = join(draft, "data");
  const user = await templateUser();
  try {
    await mkdir(dataDirectory, { mode: 0o700 });
    for (const folder of [draft, dataDirectory]) await giveTree(folder, user, signal);
    for (const step of resolveProgram({ ...request, dataDirectory }).template?.steps ?? [])
      await runStep({ step, request, directory: draft, user, signal });
    await giveTree(draft, guestOwnership(), signal);
    await rename(draft, join(shelf, key)).catch((error: NodeJS.ErrnoException) => {
      // Another start was quicker; its template is as good.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function runStep(from: {
  readonly step: { readonly argv: readonly string[]; readonly environment: Readonly<Record<string, string>>; readonly stdin?: string };
  readonly request: ProgramRequest;
  readonly directory: string;
  readonly user: GuestUser | undefined;
  readonly signal: AbortSignal;
}): Promise<void> {
  const said: Buffer[] = [];
  const result = await runCommand({
    argv: from.step.argv,
    environment: from.step.environment,
    directory: from.directory,
    timeoutMs: stepTimeoutMs,
    outputLimitBytes,
    stdin: from.step.stdin === undefined ? undefined : Buffer.from(from.step.stdin),
    onOutput: ({ data }) => said.push(Buffer.from(data)),
    signal: from.signal,
    uid: from.user?.uid,
    gid: from.user?.gid,
  });
  if (result.exitCode === 0) return;
  throw new Problem({
    code: "first-start-failed",
    exit: "infrastructure",
    message: `service ${from.request.service.name}: ${from.step.argv[0]} ended with ${result.exitCode}: ${Buffer.concat(said).toString().trim().slice(-1_500)}`,
    fix: "read what it says; its arguments come from the service's variables (POSTGRES_INITDB_ARGS, ...)",
  });
}

/** initdb looks up the name of its user, and the guest's number has none: "nobody" has, and hands the result on. */
async function templateUser(): Promise<GuestUser | undefined> {
  if (guestOwnership() === undefined) return undefined;
  const users = await readFile("/etc/passwd", "utf8").catch(() => "");
  const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(users);
  return nobody === null ? guestOwnership() : { uid: Number(nobody[1]), gid: Number(nobody[2]) };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
