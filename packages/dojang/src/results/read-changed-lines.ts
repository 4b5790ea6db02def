import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Problem } from "@dojang/model";
import { type ChangedLines, changedLines } from "./changed-lines.ts";

const outputLimitBytes = 256 * 1024 * 1024;

/** Lines changed since the work left `base`, including what is not committed. Throws a Problem `base-unknown`. */
export async function readChangedLines(options: { directory: string; base: string; signal: AbortSignal }): Promise<ChangedLines> {
  const { directory, base, signal } = options;
  const git = async (...args: string[]): Promise<string> => {
    // The user's own settings (external diff tools, prefixes, colours) must not change what is read.
    const fixed = [
      "-c",
      "core.quotePath=true",
      "-c",
      "diff.noprefix=false",
      "-c",
      "diff.mnemonicPrefix=false",
      "-c",
      "core.fsmonitor=false",
    ];
    const { stdout } = await promisify(execFile)("git", [...fixed, ...args], { cwd: directory, signal, maxBuffer: outputLimitBytes });
    return stdout;
  };
  try {
    const mergeBase = (await git("merge-base", "--end-of-options", base, "HEAD")).trim();
    return changedLines(
      await git("diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--relative", mergeBase, "--"),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw new Problem({
      code: "base-unknown",
      message: `the change in ${directory} cannot be compared with \`${base}\``,
      fix: `fetch it (\`git fetch origin ${base.replace(/^origin\//, "")}\`, with full history) or name another base`,
      exit: "configuration",
      cause: error,
    });
  }
}
