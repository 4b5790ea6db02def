import { exitCodes, watchOutput } from "@dojang/model";
import { CommanderError } from "commander";
import { tellableFailure } from "./cli/full-disk.ts";
import { printFailure } from "./cli/print-failure.ts";
import { createProgram } from "./cli/program.ts";
import { stateFolder } from "./cli/state-folder.ts";

/**
 * The one place where the process is wired: arguments in, exit code out. SIGINT and SIGTERM abort the signal that every
 * command gets, so that teardown runs; a second one ends the process at once, and the next command cleans up.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    process.stderr.write("interrupted: cleaning up (once more to leave at once; the next dojang command then cleans up)\n");
    interruption.abort(new DOMException("interrupted by the user", "AbortError"));
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  // `dojang logs | head` closes our output on purpose; a run whose reader went away still has to clean up.
  const output = watchOutput({
    streams: [process.stdout, process.stderr],
    tell: (failure) => {
      process.exitCode = failure.exitCode;
      printFailure(failure, { json: false });
    },
    onLost: () => {
      if (!interruption.signal.aborted) interruption.abort(new DOMException("nobody reads the output any more", "AbortError"));
    },
  });
  try {
    const program = await createProgram({ signal: interruption.signal, environment: process.env }, argv);
    await program.parseAsync(argv, { from: "user" });
  } catch (thrown) {
    const error = await tellableFailure(thrown, stateFolder(process.env));
    process.exitCode = exitCodeOf(error, interruption.signal);
    if (!(error instanceof CommanderError) && process.exitCode !== exitCodes.interrupted)
      printFailure(error, { json: argv.includes("--json") });
  } finally {
    process.exitCode = output.failure()?.exitCode ?? process.exitCode;
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.passed : exitCodes.configuration;
  if (signal.aborted) return exitCodes.interrupted;
  return hasExitCode(error) ? error.exitCode : exitCodes.bug;
}

function hasExitCode(error: unknown): error is { exitCode: number } {
  return error instanceof Error && error.name === "Problem" && "exitCode" in error && typeof error.exitCode === "number";
}
