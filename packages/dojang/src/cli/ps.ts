import { Command } from "commander";
import { listKept } from "../environments/kept-environment.ts";
import { readPublished } from "../environments/port-keeper.ts";
import type { CommandContext } from "./command-context.ts";
import { printEnvironment } from "./print-environment.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";

export function psCommand(context: CommandContext): Command {
  return new Command("ps")
    .option("--json", "one JSON object a line", false)
    .addHelpText("after", "\nExample: dojang ps")
    .action((flags: { json: boolean }) => ps(context, flags));
}

async function ps(context: CommandContext, { json }: { json: boolean }): Promise<void> {
  await using session = await openSession({ context, say });
  const kept = await listKept(session.store);
  for (const each of kept) {
    const runtime = session.runtimes.find((ready) => ready.runtime.name === each.runtime)?.runtime;
    const status = await runtime?.inspect(each.id);
    if (status) printEnvironment({ status, ports: await readPublished(session.home, each.id), json });
  }
  if (kept.length === 0 && !json) process.stderr.write("nothing is up; dojang up starts the project of this folder\n");
}
