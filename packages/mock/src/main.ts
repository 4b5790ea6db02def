import { exitCodes, systemFailure } from "@dojang/model";
import { CommanderError } from "commander";
import { printFailure } from "./cli/print-failure.ts";
import { createProgram } from "./cli/program.ts";

/**
 * The one place where the process is wired: arguments in, exit code out. SIGINT and SIGTERM abort the signal that every
 * command gets, so that answers under way are sent; a second one ends the process at once.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort(new DOMException("asked to end", "AbortError"));
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  process.stdout.on("error", ignoreLostOutput);
  process.stderr.on("error", ignoreLostOutput);
  try {
    await createProgram({ signal: interruption.signal }).parseAsync(argv, { from: "user" });
  } catch (thrown) {
    const error = systemFailure(thrown) ?? thrown;
    process.exitCode = exitCodeOf(error);
    if (!(error instanceof CommanderError)) printFailure(error, { json: argv.includes("--json") });
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

/** Whoever reads our words may go away, and the disk they go to may be full; the mock goes on. */
function ignoreLostOutput(): void {}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.passed : exitCodes.configuration;
  return hasExitCode(error) ? error.exitCode : exitCodes.bug;
}

function hasExitCode(error: unknown): error is { exitCode: number } {
  return error instanceof Error && error.name === "Problem" && "exitCode" in error && typeof error.exitCode === "number";
}
