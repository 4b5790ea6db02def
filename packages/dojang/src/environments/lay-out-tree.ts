import { spawn } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "@dojang/model";
import type { SourceFiles } from "./source-files.ts";

/** The unprivileged user that guests run as on this machine. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface LayOutRequest {
  readonly target: string;
  /** A tree whose files are shared (hard links, for nobody writes to it); the sources come on top. */
  readonly base: string | undefined;
  readonly sources: SourceFiles;
  readonly owner: Owner | undefined;
  readonly signal: AbortSignal;
}

/**
 * Makes a tree at `target`, whole or not at all. The files are written by the guest's own user and not by a privileged
 * Dojang: the base was made by a guest's commands, so a folder in it may be a symbolic link to anywhere.
 */
export async function laidOut({ target, base, sources, owner, signal }: LayOutRequest): Promise<void> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const staging = await mkdtemp(join(parent, ".making-"));
  try {
    await chmod(staging, 0o755);
    if (owner) await chown(staging, owner.uid, owner.gid);
    await writeTree({ staging, base, sources, owner, signal });
    await renameUnlessThere(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Two runs may lay out the same tree at once; the second finds it made. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

const script = `set -e
if [ -n "$1" ]; then
  cp -al "$1/." "$2/" 2>/dev/null || cp -a "$1/." "$2/"
  find "$2" -type d ! -perm -u+w -exec chmod u+w {} +
fi
tar -x --unlink-first -C "$2"`;

async function writeTree(request: Omit<LayOutRequest, "target"> & { staging: string }): Promise<void> {
  const { staging, base, sources, owner, signal } = request;
  const asGuest = owner ? ["setpriv", `--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups", "--"] : [];
  const [program = "sh", ...rest] = [...asGuest, "sh", "-c", script, "lay-out", base ?? "", staging];
  const pack = spawn("tar", ["--create", "--null", "--no-recursion", "--files-from=-", "--directory", sources.directory], {
    stdio: ["pipe", "pipe", "pipe"],
    signal,
  });
  const unpack = spawn(program, rest, { stdio: [pack.stdout, "ignore", "pipe"], signal, cwd: "/" });
  // The list may be longer than the pipe; an early end of tar is reported by its exit code.
  pack.stdin.on("error", () => {});
  pack.stdin.end(sources.paths.map((path) => `${path}\0`).join(""));
  const [packed, unpacked] = await Promise.all([ended(pack), ended(unpack)]);
  signal.throwIfAborted();
  if (packed.code !== 0) throw layoutProblem("reading the sources", packed.errors);
  if (unpacked.code !== 0) throw layoutProblem("writing the workspace", unpacked.errors);
}

function ended(child: ReturnType<typeof spawn>): Promise<{ code: number | null; errors: string }> {
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4000);
  });
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 1, errors: error.message }));
    child.on("close", (code) => resolve({ code, errors }));
  });
}

function layoutProblem(doing: string, errors: string): Problem {
  const full = /No space left on device/.test(errors);
  return new Problem({
    code: full ? "disk-full" : "workspace-failed",
    message: `${doing} failed: ${errors.trim().split("\n").at(-1) ?? "no message"}`,
    fix: full ? "free space where DOJANG_HOME lies, or set DOJANG_HOME to a larger disk" : "check that the files named are readable",
    exit: "infrastructure",
  });
}
