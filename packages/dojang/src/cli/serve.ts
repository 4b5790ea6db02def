import { Problem } from "@dojang/model";
import { Command } from "commander";
import { keepDoing } from "../serve/keep-doing.ts";
import { siteChores } from "../serve/site-chores.ts";
import { markReleased, recordIntent } from "../store/ledger.ts";
import { identityKey, thisProcess } from "../store/process-identity.ts";
import type { CommandContext } from "./command-context.ts";
import { tellableFailure } from "./full-disk.ts";
import { openLiveSession } from "./live-session.ts";
import { servePrefix } from "./served.ts";

export function serveCommand(context: CommandContext): Command {
  return new Command("serve")
    .addHelpText("after", "\nExample: systemd runs it (`dojang provision` writes the unit); by hand: dojang serve")
    .action(() => serve(context));
}

async function serve(context: CommandContext): Promise<void> {
  const { signal } = context;
  await using session = await openLiveSession({ context });
  const me = thisProcess();
  const entry = { kind: "process" as const, id: `${servePrefix}${identityKey(me)}` };
  await recordIntent(session.store, { ...entry, owner: me });
  const say = (text: string) => void process.stdout.write(`${new Date().toISOString()} ${text}\n`);
  say(`serving ${session.home}`);
  const told = new Map<string, string>();
  try {
    await keepDoing({
      chores: siteChores({ live: session.live, say }),
      signal,
      async onFailure(chore, error) {
        const text = messageOf(await tellableFailure(error, session.home));
        // Once, and not every few seconds for as long as it lasts.
        if (told.get(chore) !== text) say(`${chore}: ${text}`);
        told.set(chore, text);
      },
    });
    say("ended; what it watched goes on");
  } finally {
    await markReleased(session.store, entry);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Problem) return `${error.message} [${error.code}]; ${error.fix}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
