import { Command } from "commander";
import { prepareRuntimes } from "../engine/runtimes.ts";
import { type KeeperRequest, runKeeper } from "../environments/port-keeper.ts";
import type { CommandContext } from "./command-context.ts";

/** Not for people: the process that `dojang up` leaves behind to publish ports. It needs no database. */
export function keepCommand(context: CommandContext): Command {
  return new Command("keep")
    .argument("<runtime>")
    .argument("<request>", "JSON of a KeeperRequest")
    .action(async (name: string, text: string) => {
      // Only startKeeper writes it.
      const request = JSON.parse(text) as KeeperRequest;
      const runtimes = await prepareRuntimes({ home: request.home, signal: context.signal });
      const runtime = runtimes.find((ready) => ready.runtime.name === name)?.runtime;
      if (runtime) await runKeeper(request, runtime);
    });
}
