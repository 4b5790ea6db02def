import type { Command } from "commander";
import { adoptBackups } from "../backups/adopt-backups.ts";
import { importBackupKey } from "../backups/backup-key.ts";
import { liveBackupContext } from "../deployments/live-backup-context.ts";
import type { CommandContext } from "./command-context.ts";
import { openLiveSession } from "./live-session.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";
import { siteOfProject } from "./site-of-project.ts";

/** What a new machine needs when the old one is gone: the key, and what lies on the targets. */
export function addAdoption(command: Command, context: CommandContext): void {
  command
    .command("import-key")
    .description("Take the key that `dojang backup key` printed elsewhere, on standard input: its backups can be read then.")
    .addHelpText("after", "\nExample: dojang backup import-key < key.txt")
    .action(async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
      await using session = await openSession({ context, say });
      const { fingerprint } = await importBackupKey(session.home, Buffer.concat(chunks).toString("utf8").trim());
      process.stdout.write(`backups of key ${fingerprint} can be read\n`);
    });
  command
    .command("adopt")
    .description(
      "Find what the targets hold of an environment that was live on another machine, so that it can be proven and restored here.",
    )
    .argument("<environment>", "as dojang.yml names it; deployed here first")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample: dojang deploy production && dojang backup adopt production && dojang backup list production")
    .action(async (environment: string, flags: { readonly directory: string; readonly json: boolean }) => {
      await using session = await openLiveSession({ context });
      const { site } = await siteOfProject(context, session.live, { environment, directory: flags.directory });
      const { backups, segments, refused } = await adoptBackups(
        await liveBackupContext(session.live, site, { signal: context.signal, say }),
      );
      if (flags.json) process.stdout.write(`${JSON.stringify({ backups, segments, refused })}\n`);
      else process.stdout.write(`${backups.length} backups and ${segments.length} parts of logs are known here now\n`);
      for (const { key, why } of refused) say(`${key} cannot be used: ${why}`);
    });
}
