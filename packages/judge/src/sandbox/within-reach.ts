import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, lstat, mkdir, realpath, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "@dojang/model";
import { asGuest, makeDraft, sweepDrafts } from "@dojang/runtime";

const run = promisify(execFile);

/**
 * The same file or folder where the guests' user can read it: where it lies, or a copy that is made once. Somebody's home is often
 * closed to others, and what is shown to a guest is bound by that other.
 */
export async function withinReach(path: string): Promise<string> {
  const real = await realpath(path);
  if (await guestReads(real)) return real;
  const shelf = await openShelf();
  const { mtimeMs, size, ino } = await stat(real);
  const print = createHash("sha256")
    .update(JSON.stringify([real, mtimeMs, size, ino]))
    .digest("hex")
    .slice(0, 24);
  const place = join(shelf, print);
  const copy = join(place, basename(real));
  if (!(await exists(copy))) await makeCopy(real, { shelf, place });
  if (await guestReads(copy)) return copy;
  throw new Problem({
    code: "judge-out-of-reach",
    exit: "infrastructure",
    message: `guests can read neither ${real} nor a copy of it at ${copy}`,
    fix: `let everybody enter ${tmpdir()} (mode 1777), or set TMPDIR to such a folder`,
  });
}

async function guestReads(path: string): Promise<boolean> {
  const [program = "", ...args] = asGuest(["test", "-r", path]);
  return run(program, args, { cwd: "/", timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}

/** Others may read it and nobody else write: what lies there is run. */
async function openShelf(): Promise<string> {
  const shelf = join(tmpdir(), `dojang-judge-${process.getuid?.() ?? 0}`);
  await mkdir(shelf, { mode: 0o755 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const { uid, mode } = await lstat(shelf);
  const isOurs = uid === (process.getuid?.() ?? 0) && (mode & 0o170022) === 0o040000;
  if (isOurs) return shelf;
  throw new Problem({
    code: "judge-shelf-not-ours",
    exit: "infrastructure",
    message: `${shelf} belongs to somebody else, or others may write in it`,
    fix: `remove it, or set TMPDIR to a folder of your own that everybody may enter`,
  });
}

async function makeCopy(from: string, { shelf, place }: { readonly shelf: string; readonly place: string }): Promise<void> {
  await sweepDrafts(shelf);
  const draft = await makeDraft(shelf);
  try {
    await cp(from, join(draft, basename(from)), { recursive: true, dereference: true });
    await run("chmod", ["-R", "a+rX,go-w", draft]);
    await rename(draft, place).catch(async (error: unknown) => {
      // Another process was quicker.
      if (!(await exists(place))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
