import { exitCodes, systemFailure, watchOutput } from "@dojang/model";
import { CommanderError } from "commander";
import { printFailure } from "./cli/print-failure.ts";
import { createProgram } from "./cli/program.ts";

/** The one place where the process is wired: arguments in, exit code out. The first SIGINT or SIGTERM aborts what is under way, a second one ends at once. */
export async function main(argv: readonly string[]): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort(new DOMException("asked to end", "AbortError"));
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const output = watchOutput({
    streams: [process.stdout, process.stderr],
    tell: (failure) => {
      process.exitCode = failure.exitCode;
      printFailure(failure, { json: false });
    },
  });
  try {
    await createProgram({ signal: interruption.signal }).parseAsync(argv, { from: "user" });
  } catch (thrown) {
    const error = systemFailure(thrown) ?? thrown;
    process.exitCode = interruption.signal.aborted ? exitCodes.interrupted : exitCodeOf(error);
    if (!(error instanceof CommanderError) && !interruption.signal.aborted) printFailure(error, { json: argv.includes("--json") });
  } finally {
    process.exitCode = output.failure()?.exitCode ?? process.exitCode;
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.passed : exitCodes.configuration;
  return hasExitCode(error) ? error.exitCode : exitCodes.bug;
}

function hasExitCode(error: unknown): error is { exitCode: number } {
  return error instanceof Error && error.name === "Problem" && "exitCode" in error && typeof error.exitCode === "number";
}
