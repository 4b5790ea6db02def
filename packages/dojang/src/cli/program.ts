import { Command } from "commander";
import packageFile from "../../package.json" with { type: "json" };
import { approveCommand, rejectCommand } from "./approve.ts";
import { backupCommand, restoreCommand } from "./backup.ts";
import { checkCommand } from "./check.ts";
import type { CommandContext } from "./command-context.ts";
import { deployCommand } from "./deploy.ts";
import { deploymentsCommand } from "./deployments.ts";
import { doctorCommand } from "./doctor.ts";
import { downCommand } from "./down.ts";
import { execCommand } from "./exec.ts";
import { initCommand } from "./init.ts";
import { keepCommand } from "./keep.ts";
import { logsCommand } from "./logs.ts";
import { peopleCommand } from "./people.ts";
import { practiceCommand } from "./practice.ts";
import { provisionCommand } from "./provision.ts";
import { psCommand } from "./ps.ts";
import { releasesCommand } from "./releases.ts";
import { reportCommand } from "./report.ts";
import { rollbackCommand } from "./rollback.ts";
import { runCommand } from "./run.ts";
import { secretsCommand } from "./secrets.ts";
import { serveCommand } from "./serve.ts";
import { sitesCommand } from "./sites.ts";
import { upCommand } from "./up.ts";

export function createProgram(context: CommandContext): Command {
  const program = new Command("dojang")
    .description("Proves a change of a web system on a real, isolated copy of that system, and keeps the evidence.")
    .version(packageFile.version)
    .exitOverride()
    .showSuggestionAfterError()
    .enablePositionalOptions();
  const commands = [
    keepCommand,
    initCommand,
    checkCommand,
    runCommand,
    upCommand,
    psCommand,
    logsCommand,
    execCommand,
    downCommand,
    reportCommand,
    releasesCommand,
    secretsCommand,
    deployCommand,
    approveCommand,
    rejectCommand,
    rollbackCommand,
    deploymentsCommand,
    backupCommand,
    restoreCommand,
    sitesCommand,
    serveCommand,
    provisionCommand,
    peopleCommand,
    practiceCommand,
    doctorCommand,
  ];
  for (const command of commands) program.addCommand(inherit(command(context), program), { hidden: command === keepCommand });
  return program;
}

/** Subcommands made apart do not take over the parent's settings by themselves. */
function inherit(command: Command, parent: Command): Command {
  return command.copyInheritedSettings(parent);
}
