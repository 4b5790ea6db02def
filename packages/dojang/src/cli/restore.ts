import { Problem } from "@dojang/model";
import { Command } from "commander";
import { parseRestoreTime } from "../backups/restore-time.ts";
import { restoreSite } from "../deployments/restore-site.ts";
import type { CommandContext } from "./command-context.ts";
import { openLiveSession } from "./live-session.ts";
import { say } from "./say.ts";
import { siteOfProject } from "./site-of-project.ts";
import { utcTime } from "./utc-time.ts";

interface RestoreFlags {
  readonly directory: string;
  readonly backup?: string;
  readonly at?: string;
  readonly service: string;
  readonly json: boolean;
}

export function restoreCommand(context: CommandContext): Command {
  return new Command("restore")
    .argument("<environment>", "as dojang.yml names it")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--backup <id>", "which (dojang backup list shows them)")
    .option(
      "--at <time>",
      "the state at a time, where the log is archived: '2026-11-21 20:15:03' of this machine's zone, or with an offset",
    )
    .option("--service <name>", "whose state, with --at", "postgres")
    .option("--json", "as JSON", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ dojang restore production --backup 1m7zz…\n  $ dojang restore production --at '2026-11-21 20:15:03+09:00'",
    )
    .action(async (environment: string, flags: RestoreFlags) => {
      const which = restorable(flags);
      await using session = await openLiveSession({ context });
      const { site } = await siteOfProject(context, session.live, { environment, directory: flags.directory });
      const { restored, former, downMs } = await restoreSite(session.live, { site, which, signal: context.signal, say });
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ restored, former, downMs })}\n`);
        return;
      }
      const state = restored.until === undefined ? `as backup ${restored.backup.id} has it` : `as it was at ${utcTime(restored.until)}`;
      process.stdout.write(
        `${restored.service} of ${site.id} is ${state}: ${restored.proof.tables} tables, ${restored.proof.rows} rows; visitors waited ${(downMs / 1000).toFixed(1)} s\n`,
      );
      for (const [volume, folder] of Object.entries(former)) process.stdout.write(`  what was live of ${volume} is kept in ${folder}\n`);
    });
}

function restorable({ backup, at, service }: { readonly backup?: string; readonly at?: string; readonly service: string }) {
  if ((backup === undefined) === (at === undefined)) {
    throw new Problem({
      code: "restore-what",
      message: backup === undefined ? "it was not said what to restore" : "both a backup and a time were named",
      fix: "name one: --backup ID, or --at TIME",
      exit: "configuration",
    });
  }
  if (at === undefined) return { backup: backup ?? "" };
  const time = parseRestoreTime(at);
  say(`restoring to ${time.said}`);
  return { service, at: time.at };
}
