import { Problem } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";

/**
 * Files of an environment's workspace, read by commands inside its walls. Dojang itself never opens a path that a guest
 * can change: a symbolic link there leads only to what the guest may read anyway.
 */
export interface GuestFiles {
  /** Paths relative to the workspace that match any glob, sorted. `**` crosses folders; only regular files count. */
  find(globs: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Undefined when it is not there or not readable; throws `file-too-large` past the limit. */
  read(path: string, limitBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

const readTimeoutMs = 60_000;

// $@ is expanded unquoted on purpose: that is the globbing. An empty IFS keeps spaces in names together.
const findScript = `shopt -s globstar nullglob dotglob; IFS=
for f in $@; do [ -f "$f" ] && printf '%s\\0' "$f"; done; exit 0`;

export function createGuestFiles({
  runtime,
  environmentId,
  mountAt,
}: {
  runtime: Runtime;
  environmentId: string;
  mountAt: string;
}): GuestFiles {
  async function output(command: readonly string[], limitBytes: number, signal: AbortSignal) {
    const chunks: Uint8Array[] = [];
    const done = await runtime.exec(
      environmentId,
      {
        command,
        environment: {},
        directory: mountAt,
        timeoutMs: readTimeoutMs,
        outputLimitBytes: limitBytes,
        onOutput: ({ stream, data }) => void (stream === "stdout" && chunks.push(data)),
      },
      { signal },
    );
    return { ...done, bytes: Buffer.concat(chunks) };
  }

  return {
    async find(globs, signal) {
      if (globs.length === 0) return [];
      const { bytes } = await output(["bash", "-c", findScript, "find", ...globs], 4 * 1024 * 1024, signal);
      const found = bytes.toString("utf8").split("\0").filter(Boolean);
      return [...new Set(found)].sort();
    },
    async read(path, limitBytes, signal) {
      const { bytes, exitCode, truncated } = await output(["cat", "--", path], limitBytes, signal);
      if (truncated || bytes.byteLength > limitBytes) throw tooLarge(path, limitBytes);
      return exitCode === 0 ? bytes : undefined;
    },
  };
}

function tooLarge(path: string, limitBytes: number): Problem {
  return new Problem({
    code: "file-too-large",
    message: `${path} is larger than ${Math.round(limitBytes / 1024 / 1024)} MiB`,
    fix: "write a smaller file, or leave it out of `reports` and `artifacts`",
    exit: "configuration",
  });
}
