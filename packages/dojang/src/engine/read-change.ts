import { Problem } from "@dojang/model";
import { type Git, gitIn } from "../environments/git-in.ts";

/** What git says of the working tree under test. Everything is undefined outside a repository, or before its first commit. */
export interface WorkingChange {
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  /** The commit's subject; said to be changed when the tree is. */
  readonly message: string | undefined;
  readonly dirty: boolean;
  /** What the change is compared with. */
  readonly base: string | undefined;
  /** Repository paths that differ from the base. */
  readonly paths: readonly string[] | undefined;
}

export interface ReadChangeOptions {
  readonly directory: string;
  /** Asked for by the user; otherwise the default branch, or the commit before when on it. */
  readonly base?: string;
  readonly signal: AbortSignal;
}

/** Throws Problem `base-unknown`: a name that was mistyped must not let the change pass what it is compared by. */
export async function readChange({ directory, base: asked, signal }: ReadChangeOptions): Promise<WorkingChange> {
  const git = gitIn(directory, signal);
  if (asked !== undefined && (await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${asked}^{commit}`)) === undefined)
    throw unknownBase(asked, directory);
  const commit = await git("rev-parse", "--verify", "--quiet", "HEAD");
  if (commit === undefined) return { commit, branch: undefined, message: undefined, dirty: true, base: asked, paths: undefined };
  const [branch, subject, status] = await Promise.all([
    git("symbolic-ref", "--quiet", "--short", "HEAD"),
    git("log", "-1", "--format=%s"),
    git("status", "--porcelain", "--untracked-files=normal"),
  ]);
  const dirty = (status ?? "") !== "";
  const base = asked ?? (await defaultBase(git, { branch, dirty }));
  const paths =
    base === undefined ? undefined : (await git("diff", "--name-only", "--relative", "-z", base, "--"))?.split("\0").filter(Boolean);
  return { commit, branch, message: dirty ? `${subject ?? ""} (and uncommitted changes)` : subject, dirty, base, paths };
}

/** On a branch of its own: where it left the default branch. On the default branch: the last commit, or the one before it. */
async function defaultBase(git: Git, { branch, dirty }: { branch: string | undefined; dirty: boolean }): Promise<string | undefined> {
  for (const candidate of ["origin/HEAD", "origin/main", "origin/master", "main", "master"]) {
    const name = candidate.replace("origin/", "");
    if (name === branch && !candidate.startsWith("origin/")) continue;
    const mergeBase = await git("merge-base", candidate, "HEAD");
    const head = await git("rev-parse", "HEAD");
    if (mergeBase !== undefined && mergeBase !== head) return mergeBase;
  }
  return dirty ? "HEAD" : git("rev-parse", "--verify", "--quiet", "HEAD~1");
}

function unknownBase(asked: string, directory: string): Problem {
  return new Problem({
    code: "base-unknown",
    message: `the repository of ${directory} has no commit, branch or tag "${asked.slice(0, 100)}" to compare with`,
    fix: "see what there is: git branch --all; or fetch it: git fetch origin",
    exit: "configuration",
    place: { file: directory },
  });
}
