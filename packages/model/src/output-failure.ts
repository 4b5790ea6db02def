import { Problem } from "./problem.ts";

/**
 * What is to be said when standard output or standard error can be written to no more. Undefined where the reader went away, as the one
 * of `| head` does on purpose: then nobody is left to be told.
 */
function outputFailure(error: Error): Problem | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.message;
  if (code === "EPIPE") return undefined;
  return new Problem({
    code: "output-lost",
    message: `what was printed could not be written (${code})`,
    fix: code === "ENOSPC" ? "make room on the disk that the output goes to" : "let the output go to a file or a terminal",
    exit: "infrastructure",
    cause: error,
  });
}

export interface OutputWatch {
  /** What went wrong with the output, the first time, once it was told: then it decides on the exit code. */
  failure(): Problem | undefined;
}

interface OutputWatchOptions {
  /** Standard output and standard error. */
  readonly streams: readonly { on(event: "error", listener: (error: Error) => void): unknown }[];
  readonly tell: (failure: Problem) => void;
  /** Nobody hears more of this command, whatever the reason. */
  readonly onLost?: () => void;
}

/** A stream that can be written to no more would end the process with a stack: it is told once instead, where somebody may still hear it. */
export function watchOutput({ streams, tell, onLost }: OutputWatchOptions): OutputWatch {
  let told: Problem | undefined;
  const look = (error: Error) => {
    const failure = told === undefined ? outputFailure(error) : undefined;
    if (failure !== undefined) {
      told = failure;
      tell(failure);
    }
    onLost?.();
  };
  for (const stream of streams) stream.on("error", look);
  return { failure: () => told };
}
