import { Problem } from "./problem.ts";

/**
 * What is to be said when standard output or standard error can be written to no more. Undefined where the reader went away, as the one
 * of `| head` does on purpose: then nobody is left to be told.
 */
export function outputFailure(error: Error): Problem | undefined {
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
