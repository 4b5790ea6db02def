import { spawn } from "node:child_process";
import { copyFile, lstat, mkdir, readlink, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "@dojang/model";
import { gitIn } from "../environments/git-in.ts";
import { readSourceFiles } from "../environments/source-files.ts";

/** What git says of the commit a release is made of. */
export interface CommitFacts {
  readonly commit: string;
  readonly branch: string | undefined;
  readonly author: { readonly name: string; readonly email: string };
  readonly subject: string;
  readonly committedAt: number;
  /** Where the project is below the repository's top: "" or "examples/todo/". */
  readonly prefix: string;
  /** Address of its remote, without who may read there. */
  readonly repository: string | undefined;
}

const largestTreeBytes = 4 * 1024 * 1024 * 1024;
const listedFiles = 20;

/** Undefined where there is no repository, or none with a commit. Throws Problem `commit-unknown`. */
export async function readCommit(directory: string, asked: string | undefined, signal: AbortSignal): Promise<CommitFacts | undefined> {
  const git = gitIn(directory, signal);
  const head = await git("rev-parse", "--verify", "--quiet", "HEAD^{commit}");
  if (head === undefined && asked === undefined) return undefined;
  const commit = asked === undefined ? head : await git("rev-parse", "--verify", "--quiet", `${asked}^{commit}`);
  if (commit === undefined) {
    throw new Problem({
      code: "commit-unknown",
      message: `"${asked}" is no commit of the repository at ${directory}`,
      fix: "name a commit, branch or tag; `git fetch` brings those of the remote",
      exit: "configuration",
    });
  }
  const shown = await git("show", "--no-patch", "--format=%an%x00%ae%x00%s%x00%ct", commit);
  const [name = "", email = "", subject = "", seconds = "0"] = (shown ?? "").split("\0");
  const branch = commit === head ? await git("symbolic-ref", "--quiet", "--short", "HEAD") : undefined;
  return {
    commit,
    branch,
    author: { name, email },
    subject,
    committedAt: Number(seconds) * 1_000,
    prefix: (await git("rev-parse", "--show-prefix")) ?? "",
    repository: (await git("remote", "get-url", "origin"))?.replace(/^(\w+:\/\/)[^@/]*@/, "$1"),
  };
}

/** Files of the project that differ from HEAD, untracked ones included. */
export async function changedFiles(
  directory: string,
  { prefix }: Pick<CommitFacts, "prefix">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const status = await gitIn(directory, signal)("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", ".");
  return (
    (status ?? "")
      .split("\0")
      .filter((entry) => entry !== "")
      .map((entry) => entry.slice("XY ".length))
      // Told from the repository's top.
      .map((path) => (path.startsWith(prefix) ? path.slice(prefix.length) : path))
      .sort()
  );
}

export function treeIsChanged(directory: string, files: readonly string[]): Problem {
  const place = (file: string) => ({ file });
  const more = files.length > listedFiles ? ` and ${files.length - listedFiles} more` : "";
  return new Problem({
    code: "working-tree-changed",
    message: `${directory} has changes that no commit holds: ${files.slice(0, listedFiles).join(", ")}${more}`,
    fix: "commit or stash them, name a commit, or include them on purpose (the release then says so)",
    exit: "refused",
    findings: files.slice(0, listedFiles).map((file) => ({
      severity: "error",
      code: "working-tree-changed",
      place: place(file),
      message: "is not as in the last commit",
      fix: "commit or stash it",
    })),
  });
}

/** The project's folder at a commit, as git archives it: no file of the working tree is read. */
export async function checkOut(
  directory: string,
  { commit }: Pick<CommitFacts, "commit">,
  { into, signal }: { readonly into: string; readonly signal: AbortSignal },
): Promise<void> {
  await mkdir(into, { recursive: true });
  // Run in a folder below the top, it archives that folder, with paths counted from there.
  const archive = spawn("git", ["-c", "safe.directory=*", "archive", "--format=tar", commit], {
    cwd: directory,
    signal,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const extract = spawn("tar", ["-x", "--no-same-owner", "-C", into], { signal, stdio: ["pipe", "ignore", "pipe"] });
  let bytes = 0;
  const said = { git: "", tar: "" };
  archive.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > largestTreeBytes) archive.kill("SIGKILL");
  });
  archive.stderr.on("data", (chunk: Buffer) => {
    said.git = (said.git + chunk).slice(-2_000);
  });
  extract.stderr.on("data", (chunk: Buffer) => {
    said.tar = (said.tar + chunk).slice(-2_000);
  });
  extract.stdin.on("error", () => {});
  archive.stdout.pipe(extract.stdin);
  const [packed, unpacked] = await Promise.all([ended(archive), ended(extract)]);
  signal.throwIfAborted();
  if (packed !== 0 || unpacked !== 0) {
    throw new Problem({
      code: "checkout-failed",
      message: `${commit.slice(0, 10)} could not be laid out: ${(packed === 0 ? said.tar : said.git).trim()}`,
      fix: "look whether the disk is full, and `git fsck` whether the repository is whole",
      exit: "infrastructure",
    });
  }
}

/** The project's folder as it is now, without what git ignores. */
export async function copyWorkingTree(
  directory: string,
  { into, signal }: { readonly into: string; readonly signal: AbortSignal },
): Promise<void> {
  const { paths } = await readSourceFiles(directory, signal);
  for (const path of paths) {
    const [from, to] = [join(directory, path), join(into, path)];
    await mkdir(dirname(to), { recursive: true });
    if ((await lstat(from)).isSymbolicLink()) await symlink(await readlink(from), to);
    else await copyFile(from, to);
  }
}

/** Commits that `to` has and `from` has not, newest first; undefined when the repository does not have both. */
export async function commitsBetween(
  directory: string,
  { from, to }: { readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<readonly { readonly commit: string; readonly author: string; readonly subject: string }[] | undefined> {
  const log = await gitIn(directory, signal)("log", "--format=%H%x00%an%x00%s", "--max-count=500", `${from}..${to}`, "--", ".");
  return log?.split("\n").flatMap((line) => {
    const [commit = "", author = "", subject = ""] = line.split("\0");
    return commit === "" ? [] : [{ commit, author, subject }];
  });
}

function ended(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}
