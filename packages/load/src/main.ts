import { exitCodes, formatFinding, Problem, systemFailure, watchOutput } from "@dojang/model";
import { CommanderError } from "commander";
import { createProgram } from "./cli/program.ts";

/** Arguments in, exit code out. The first SIGINT or SIGTERM ends the run and still prints what was measured, the second leaves. */
export async function main(argv: readonly string[]): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const { stdout, stderr, env: environment } = process;
  const output = watchOutput({
    streams: [stdout, stderr],
    tell: (failure) => {
      process.exitCode = failure.exitCode;
      stderr.write(`${failureText(failure)}\n`);
    },
    onLost: () => interruption.abort(),
  });
  try {
    const program = createProgram({ signal: interruption.signal, environment, stdout, stderr }, (code) => {
      process.exitCode = code;
    });
    await program.parseAsync(argv, { from: "user" });
  } catch (thrown) {
    const error = systemFailure(thrown) ?? thrown;
    process.exitCode = codeOf(error);
    if (!(error instanceof CommanderError)) stderr.write(`${failureText(error)}\n`);
  } finally {
    process.exitCode = output.failure()?.exitCode ?? process.exitCode;
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.passed : exitCodes.configuration;
  return error instanceof Problem ? error.exitCode : exitCodes.bug;
}

function failureText(error: unknown): string {
  if (!(error instanceof Problem))
    return `dojang-load: a bug in Dojang: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  return [
    `dojang-load: ${error.message} [${error.code}]`,
    ...error.findings.map((finding) => `  ${formatFinding(finding)}`),
    `  fix: ${error.fix}`,
  ].join("\n");
}
