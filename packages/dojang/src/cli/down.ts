import { Command } from "commander";
import { listKept, removeKept } from "../environments/kept-environment.ts";
import type { CommandContext } from "./command-context.ts";
import { realFolder } from "./real-folder.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";

interface DownFlags {
  readonly all: boolean;
  readonly json: boolean;
}

export function downCommand(context: CommandContext): Command {
  return new Command("down")
    .argument("[directory]", "the project", ".")
    .option("--all", "of every folder", false)
    .option("--json", "what was removed, as JSON", false)
    .addHelpText("after", "\nExample: dojang down")
    .action((directory: string, flags: DownFlags) => down(context, directory, flags));
}

/** Nothing to remove is no failure: the wish is fulfilled. */
async function down(context: CommandContext, directory: string, { all, json }: DownFlags): Promise<void> {
  await using session = await openSession({ context, say });
  const removed: string[] = [];
  for (const kept of await listKept(session.store, all ? undefined : await realFolder(directory))) {
    const runtime = session.runtimes.find((ready) => ready.runtime.name === kept.runtime)?.runtime;
    if (runtime === undefined) continue;
    await removeKept({ store: session.store, runtime, id: kept.id });
    removed.push(kept.id);
  }
  if (json) process.stdout.write(`${JSON.stringify({ removed })}\n`);
  else process.stdout.write(removed.length > 0 ? `removed ${removed.join(", ")}\n` : "nothing was up\n");
}
