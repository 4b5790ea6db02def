import { exitCodes, Problem } from "@dojang/model";
import { Command } from "commander";
import { backupHealth } from "../backups/backup-health.ts";
import { exportBackupKey } from "../backups/backup-key.ts";
import type { Backup } from "../backups/backup-row.ts";
import { listBackups } from "../backups/list-backups.ts";
import { proveBackup } from "../backups/prove-backup.ts";
import { takeBackup } from "../backups/take-backup.ts";
import { liveBackupContext } from "../deployments/live-backup-context.ts";
import { personOf } from "../deployments/people.ts";
import { addAdoption } from "./backup-adopt.ts";
import type { CommandContext } from "./command-context.ts";
import { openLiveSession } from "./live-session.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";
import { siteOfProject } from "./site-of-project.ts";
import { utcTime } from "./utc-time.ts";

interface Flags {
  readonly directory: string;
  readonly json: boolean;
}

export function backupCommand(context: CommandContext): Command {
  const command = new Command("backup").addHelpText("after", "\nExample: dojang backup production postgres");
  command
    .command("take", { isDefault: true })
    .description("Save now, and prove it by restoring it aside.")
    .argument("<environment>", "as dojang.yml names it")
    .argument("[services...]", "which (default: all of its backups)")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--no-prove", "leave the restoring to the schedule")
    .option("--json", "one JSON object a line", false)
    .addHelpText("after", "\nExample: dojang backup production postgres")
    .action(async (environment: string, services: readonly string[], flags: Flags & { prove: boolean }) => {
      await using session = await openLiveSession({ context });
      const { site } = await siteOfProject(context, session.live, { environment, directory: flags.directory });
      const backups = await liveBackupContext(session.live, site, { signal: context.signal, say });
      for (const service of services.length > 0 ? services : backups.plan.services) {
        const made = await takeBackup(backups, { service, reason: `by hand of ${personOf(context.environment)}` }).catch(
          (error: unknown) => {
            // Only where everything is meant: a cache that keeps nothing has nothing to save.
            if (services.length > 0 || !(error instanceof Problem) || error.code !== "backup-not-needed") throw error;
            say(error.message);
            return undefined;
          },
        );
        if (made === undefined) continue;
        const proof = flags.prove ? await proveBackup(backups, { backup: made.id }) : undefined;
        process.stdout.write(flags.json ? `${JSON.stringify({ ...made, proof })}\n` : `${line({ ...made, proof })}\n`);
        if (proof?.passed === false) process.exitCode = exitCodes.failed;
      }
    });
  command
    .command("list")
    .description("What was saved, newest first; and what somebody should know of it.")
    .argument("<environment>", "as dojang.yml names it")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample: dojang backup list production")
    .action(async (environment: string, flags: Flags) => {
      await using session = await openLiveSession({ context });
      const { site } = await siteOfProject(context, session.live, { environment, directory: flags.directory });
      const all = await listBackups(session.store, { site: site.id });
      const { findings, services } = await backupHealth(await liveBackupContext(session.live, site, { signal: context.signal, say }));
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ backups: all, findings })}\n`);
        return;
      }
      for (const backup of all) process.stdout.write(`${line(backup)}\n`);
      for (const { service, window } of services)
        if (window !== undefined)
          process.stdout.write(`${service} can be restored to any second from ${utcTime(window.from)} to ${utcTime(window.to)}\n`);
      for (const { severity, message, fix } of findings) process.stdout.write(`${severity}: ${message}; ${fix}\n`);
    });
  command
    .command("prove")
    .description("Restore a backup into a throwaway environment and compare every table with what was counted when it was taken.")
    .argument("<environment>", "as dojang.yml names it")
    .argument("<backup>", "its id")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample: dojang backup prove production 1m7zz…")
    .action(async (environment: string, id: string, flags: Flags) => {
      await using session = await openLiveSession({ context });
      const { site } = await siteOfProject(context, session.live, { environment, directory: flags.directory });
      const proof = await proveBackup(await liveBackupContext(session.live, site, { signal: context.signal, say }), { backup: id });
      if (flags.json) process.stdout.write(`${JSON.stringify(proof)}\n`);
      else {
        process.stdout.write(
          `${proof.passed ? "proven" : "NOT what was saved"}: ${proof.tables} tables, ${proof.rows} rows, ${proof.checksums} checksums compared in ${(proof.durationMs / 1000).toFixed(1)} s\n`,
        );
        for (const text of [...proof.differences, ...proof.notes]) process.stdout.write(`  ${text}\n`);
      }
      if (!proof.passed) process.exitCode = exitCodes.failed;
    });
  command
    .command("key")
    .description("Print the key that backups are encrypted with: keep a copy where the backups are not.")
    .addHelpText("after", "\nExample: dojang backup key > key.txt")
    .action(async () => {
      await using session = await openSession({ context, say });
      process.stdout.write(`${await exportBackupKey(session.home)}\n`);
    });
  addAdoption(command, context);
  return command;
}

function line({
  id,
  service,
  reason,
  finishedAt,
  sizeBytes,
  copies,
  proof,
}: Pick<Backup, "id" | "service" | "reason" | "finishedAt" | "sizeBytes" | "copies" | "proof">): string {
  const size = sizeBytes < 1024 * 1024 ? `${Math.ceil(sizeBytes / 1024)} KiB` : `${(sizeBytes / 1024 / 1024).toFixed(1)} MiB`;
  const proven =
    proof === undefined
      ? "not proven yet"
      : proof.passed
        ? `proven ${utcTime(proof.at)}`
        : `FAILED its proof: ${proof.differences[0] ?? ""}`;
  const elsewhere = copies.map(({ target, state, error }) => `${target} ${state}${error === undefined ? "" : ` (${error})`}`);
  return `${id} ${utcTime(finishedAt)} ${service} ${size}, ${reason}; ${[proven, ...elsewhere].join("; ")}`;
}
