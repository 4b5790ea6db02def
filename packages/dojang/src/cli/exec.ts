import { exitCodes } from "@dojang/model";
import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { findEnvironment } from "./find-environment.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";
import { wholeNumber } from "./whole-number.ts";

interface ExecFlags {
  readonly directory: string;
  readonly environment?: string;
  readonly timeout: number;
  readonly stdin: boolean;
  readonly json: boolean;
}

const outputLimitBytes = 256 * 1024 * 1024;

export function execCommand(context: CommandContext): Command {
  return new Command("exec")
    .argument("<service>", "a service's name, or `workspace`")
    .argument("<command...>", "the command and its arguments")
    .option("-C, --directory <folder>", "the project whose environment is meant", ".")
    .option("--environment <id>", "another environment than the folder's")
    .option(
      "--timeout <seconds>",
      "how long it may take",
      wholeNumber("--timeout", { least: 1, most: 604_800, example: "--timeout 60" }),
      3600,
    )
    .option("-i, --stdin", "hand this command's input on", false)
    .option("--json", "the result as JSON, with what was printed", false)
    .passThroughOptions()
    .addHelpText("after", "\nExample: dojang exec api -- node dist/migrate.js")
    .action((service: string, words: string[], flags: ExecFlags) =>
      // What follows `--` is the command, as everywhere; without it the command begins at its first word.
      exec(context, { service, command: words[0] === "--" ? words.slice(1) : words, flags }),
    );
}

async function exec(
  context: CommandContext,
  { service, command, flags }: { service: string; command: readonly string[]; flags: ExecFlags },
): Promise<void> {
  await using session = await openSession({ context, say });
  const { kept, runtime } = await findEnvironment(session, { id: flags.environment, directory: flags.directory });
  const printed = { stdout: "", stderr: "" };
  const result = await runtime.exec(
    kept.id,
    {
      service: service === "workspace" ? undefined : service,
      command,
      environment: {},
      timeoutMs: flags.timeout * 1000,
      outputLimitBytes,
      stdin: flags.stdin ? await readStdin() : undefined,
      onOutput({ stream, data }) {
        if (flags.json) printed[stream] += Buffer.from(data).toString("utf8");
        else process[stream].write(data);
      },
    },
    { signal: context.signal },
  );
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...result, ...printed })}\n`);
  process.exitCode = result.timedOut ? exitCodes.failed : result.exitCode;
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
