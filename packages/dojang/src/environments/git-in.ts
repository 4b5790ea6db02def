import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Asks git about the repository that a folder is in. Undefined: no git, no repository, no such ref; each means that nothing is known. */
export type Git = (...args: readonly string[]) => Promise<string | undefined>;

const answerLimitBytes = 64 * 1024 * 1024;

export function gitIn(directory: string, signal: AbortSignal): Git {
  return async (...args) => {
    try {
      // A root that looks at somebody else's repository is told that the owner differs; nothing is run that it configures.
      const { stdout } = await promisify(execFile)("git", ["-c", "safe.directory=*", "-c", "core.fsmonitor=false", ...args], {
        cwd: directory,
        signal,
        maxBuffer: answerLimitBytes,
      });
      return stdout.replace(/\n$/, "");
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  };
}
