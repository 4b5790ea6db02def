import { Problem } from "@dojang/model";
import { Command } from "commander";
import { personOf } from "../deployments/people.ts";
import { requestRollback } from "../deployments/request-deployment.ts";
import { getRelease } from "../releases/release.ts";
import type { SiteRow } from "../store/sites.ts";
import type { CommandContext } from "./command-context.ts";
import { performAndTell } from "./deploy.ts";
import { openLiveSession } from "./live-session.ts";
import { say } from "./say.ts";
import { siteOfProject } from "./site-of-project.ts";

interface RollbackFlags {
  readonly directory: string;
  readonly to?: string;
  readonly reason?: string;
  readonly despiteSchema?: string;
  readonly json: boolean;
}

export function rollbackCommand(context: CommandContext): Command {
  return new Command("rollback")
    .argument("<environment>", "as dojang.yml names it")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--to <release>", "which (default: the one before)")
    .option("--reason <text>", "why; kept with the deployment")
    .option("--despite-schema <reason>", "also where the release may not work on the migrated database")
    .option("--json", "events as JSON lines", false)
    .addHelpText("after", "\nExample: dojang rollback production --reason 'orders are doubled'")
    .action((environment: string, flags: RollbackFlags) => rollback(context, environment, flags));
}

async function rollback(context: CommandContext, environment: string, flags: RollbackFlags): Promise<void> {
  await using session = await openLiveSession({ context });
  const { live } = session;
  const { site, row } = await siteOfProject(context, live, { environment, directory: flags.directory });
  const target = flags.to ?? row.previousRelease;
  if (row.currentRelease === undefined || target === undefined) throw nothingBefore(row);
  if (target === row.currentRelease) throw isLive(row, target);
  const deployment = await requestRollback(
    live,
    {
      site,
      row,
      to: await getRelease(live.store, target),
      person: personOf(context.environment),
      reason: flags.reason,
      despiteSchema: flags.despiteSchema,
    },
    await getRelease(live.store, row.currentRelease),
  );
  say(`deployment ${deployment.id}: ${row.id} goes back from ${row.currentRelease} to ${target}`);
  await performAndTell(context, session, { id: deployment.id, json: flags.json });
}

function nothingBefore(row: SiteRow): Problem {
  return new Problem({
    code: "rollback-nowhere",
    message:
      row.currentRelease === undefined
        ? `nothing is live on ${row.id}`
        : `${row.id} has no release before ${row.currentRelease} to go back to`,
    fix: "name one that was live before: `dojang releases` lists them, --to takes one",
    exit: "refused",
  });
}

function isLive(row: SiteRow, target: string): Problem {
  return new Problem({
    code: "rollback-nowhere",
    message: `${target} is what is live on ${row.id}`,
    fix: "name another with --to: `dojang releases` lists them",
    exit: "refused",
  });
}
