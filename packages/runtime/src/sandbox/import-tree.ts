import { spawn } from "node:child_process";
import { Problem } from "@dojang/model";
import { asGuest } from "./guest-user.ts";

/**
 * Copies a tree of the host into a folder of the guests': read as Dojang itself, which may read a checkout that others
 * may not, and written as the guests' user, so that what is written belongs to it and reaches nothing else. Symbolic
 * links are copied as links.
 */
export async function importTree(request: {
  readonly source: string;
  /** Relative to `source`; everything when absent. */
  readonly paths?: readonly string[];
  /** An existing folder of the guests'. */
  readonly target: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { source, paths, target, signal } = request;
  const [program = "tar", ...args] = asGuest(["tar", "--extract", "--no-same-owner", "--directory", target]);
  const list = paths === undefined ? ["."] : ["--no-recursion", "--null", "--verbatim-files-from", "--files-from=-"];
  const pack = spawn("tar", ["--create", "--directory", source, ...list], { stdio: ["pipe", "pipe", "pipe"], signal });
  const unpack = spawn(program, args, { stdio: [pack.stdout, "ignore", "pipe"], signal, cwd: "/" });
  // The second tar has the pipe now; as long as we held it too, the first would never be done.
  pack.stdout.destroy();
  // A reader that ended early is told of by its exit code.
  pack.stdin.on("error", () => {});
  pack.stdin.end((paths ?? []).map((path) => `${path}\0`).join(""));
  const [packed, unpacked] = await Promise.all([endOf(pack), endOf(unpack)]);
  signal.throwIfAborted();
  const failed = [packed, unpacked].find((one) => one.code !== 0);
  if (failed === undefined) return;
  throw new Problem({
    code: /No space left/.test(failed.errors) ? "disk-full" : "copy-failed",
    exit: "infrastructure",
    message: `copying ${source} for the sandbox failed: ${failed.errors.trim().split("\n").at(-1) ?? "no message"}`,
    fix: /No space left/.test(failed.errors) ? "free space where DOJANG_HOME lies" : `check that ${source} exists and can be read`,
  });
}

function endOf(child: ReturnType<typeof spawn>): Promise<{ code: number | null; errors: string }> {
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 1, errors: error.message }));
    child.once("close", (code) => resolve({ code, errors }));
  });
}
