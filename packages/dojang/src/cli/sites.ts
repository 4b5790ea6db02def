import { readFile } from "node:fs/promises";
import { Problem } from "@dojang/model";
import { Command } from "commander";
import { knownSite, siteOfRow } from "../deployments/open-live.ts";
import { removeSite } from "../deployments/remove-site.ts";
import { edgeSiteOf } from "../deployments/site-work.ts";
import { ownAuthorityFile } from "../edge/certificates.ts";
import { siteAddress } from "../edge/edge-site.ts";
import { activeDeployment } from "../store/deployments.ts";
import { listSites } from "../store/sites.ts";
import { openAlerts } from "../watching/alert-records.ts";
import type { CommandContext } from "./command-context.ts";
import { openLiveSession } from "./live-session.ts";
import { say } from "./say.ts";
import { stateFolder } from "./state-folder.ts";

export function sitesCommand(context: CommandContext): Command {
  const command = new Command("sites").addHelpText("after", "\nExample: dojang sites --json");
  command
    .command("list", { isDefault: true })
    .description("Every site: its address, its release, what is under way, what is wrong.")
    .option("--json", "one JSON object a line", false)
    .addHelpText("after", "\nExample: dojang sites --json")
    .action(async ({ json }: { json: boolean }) => {
      await using session = await openLiveSession({ context });
      const { live, store, home } = session;
      const rows = await listSites(store);
      for (const row of rows) {
        const site = siteOfRow(row, home);
        const { method, target: path } = site.definition.site.health;
        const isLive = row.currentRelease !== undefined;
        const answer = isLive
          ? await live.edge.probe(edgeSiteOf(site), { method, path }, { signal: context.signal, timeoutMs: 5_000 })
          : undefined;
        const alerts = await openAlerts(store, row.id);
        const active = await activeDeployment(store, row.id);
        const address = siteAddress(edgeSiteOf(site));
        if (json) {
          const { status, error, durationMs } = answer ?? {};
          process.stdout.write(
            `${JSON.stringify({ id: row.id, address, release: row.currentRelease, warm: row.previousRelease, status, error, durationMs, alerts, active: active?.id })}\n`,
          );
          continue;
        }
        const how =
          answer === undefined
            ? "nothing is live"
            : answer.status === undefined
              ? `does not answer: ${answer.error}`
              : `${method} ${path} answers ${answer.status} in ${Math.round(answer.durationMs)} ms`;
        process.stdout.write(
          `${row.id} ${address} ${row.currentRelease ?? "-"}${row.previousRelease === undefined ? "" : ` (warm: ${row.previousRelease})`}: ${how}\n`,
        );
        if (active !== undefined)
          process.stdout.write(`  ${active.kind} of ${active.release} is at ${active.step ?? "its beginning"} (${active.id})\n`);
        for (const { message } of alerts) process.stdout.write(`  ALERT ${message}\n`);
      }
      if (rows.length === 0) say("nothing was deployed yet: dojang deploy staging");
    });
  command
    .command("remove")
    .description("Take a site off this machine. Its data stays unless told otherwise.")
    .argument("<site>", "as `dojang sites` names it")
    .option("--with-data", "its databases, backups and secrets too: for good", false)
    .option("--yes", "needed with --with-data", false)
    .addHelpText("after", "\nExample: dojang sites remove todo-staging")
    .action(async (id: string, { withData, yes }: { withData: boolean; yes: boolean }) => {
      if (withData && !yes) {
        throw new Problem({
          code: "data-would-go",
          message: `the databases, backups and secrets of ${id} would be removed for good`,
          fix: "add --yes when that is meant; without --with-data they stay",
          exit: "refused",
        });
      }
      await using session = await openLiveSession({ context });
      const { site } = await knownSite(session.live, id);
      await removeSite(session.live, site, { withData, say });
      process.stdout.write(`${id} is no longer on this machine\n`);
    });
  command
    .command("authority")
    .description("The certificate of this machine's own authority, which vouches for self-signed sites: for browsers and test programs.")
    .addHelpText("after", "\nExample: dojang sites authority > dojang-authority.pem")
    .action(async () => {
      const file = ownAuthorityFile(stateFolder(context.environment));
      const text = await readFile(file, "utf8").catch(() => undefined);
      if (text === undefined) {
        throw new Problem({
          code: "authority-missing",
          message: "this machine has no authority of its own yet",
          fix: "it is made with the first site whose certificate is self-signed: dojang deploy",
          exit: "configuration",
        });
      }
      process.stdout.write(text);
    });
  return command;
}
