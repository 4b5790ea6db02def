import { exitCodes } from "@dojang/model";
import { Command } from "commander";
import type { DeploymentPlan } from "../deployments/deployment-plan.ts";
import { existingDeployment } from "../deployments/existing-deployment.ts";
import { personOf } from "../deployments/people.ts";
import { approvalsOf } from "../store/approvals.ts";
import { askCancel, type Deployment, listDeployments, stepsOfDeployment } from "../store/deployments.ts";
import type { CommandContext } from "./command-context.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";
import { utcTime } from "./utc-time.ts";
import { wholeNumber } from "./whole-number.ts";

export function deploymentsCommand(context: CommandContext): Command {
  const command = new Command("deployments").addHelpText("after", "\nExample: dojang deployments show 1m7zz…");
  command
    .command("list", { isDefault: true })
    .description("The newest deployments.")
    .option("--site <id>", "only of this site")
    .option("--limit <n>", "how many", wholeNumber("--limit", { least: 1, most: 10_000, example: "--limit 50" }), 20)
    .option("--json", "one JSON object a line", false)
    .addHelpText("after", "\nExample: dojang deployments --site todo-production")
    .action(async (flags: { site?: string; limit: number; json: boolean }) => {
      await using session = await openSession({ context, say });
      const all = await listDeployments(session.store, { site: flags.site, limit: flags.limit });
      if (flags.json) for (const each of all) process.stdout.write(`${JSON.stringify(each)}\n`);
      else for (const each of all) process.stdout.write(`${line(each)}\n`);
      if (all.length === 0) say("nothing was deployed yet: dojang deploy staging");
    });
  command
    .command("show")
    .description("One deployment with its steps, its approvals and its evidence.")
    .argument("<deployment>", "its id")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample: dojang deployments show 1m7zz… --json")
    .action(async (id: string, { json }: { json: boolean }) => {
      await using session = await openSession({ context, say });
      const deployment = await existingDeployment(session.store, id);
      const steps = await stepsOfDeployment(session.store, id);
      const approvals = await approvalsOf(session.store, deployment);
      if (json) {
        process.stdout.write(`${JSON.stringify({ ...deployment, steps, approvals })}\n`);
        return;
      }
      process.stdout.write(`${line(deployment)}\n`);
      for (const { shown, text } of (deployment.plan as DeploymentPlan).evidence)
        process.stdout.write(`  ${shown ? "shown" : "not shown"}: ${text}\n`);
      for (const { person, decision, topic, reason, at } of approvals)
        process.stdout.write(
          `  ${utcTime(at)} ${person} ${decision} ${topic === "release" ? "it" : "losing the way back"}${reason === undefined ? "" : `: ${reason}`}\n`,
        );
      for (const step of steps)
        process.stdout.write(`  ${utcTime(step.startedAt)} ${step.name.padEnd(10)} ${step.state.padEnd(8)} ${step.summary ?? ""}\n`);
      if (deployment.failure !== undefined)
        process.stdout.write(`  ${deployment.failure.message} [${deployment.failure.code}]\n  fix: ${deployment.failure.fix}\n`);
    });
  command
    .command("cancel")
    .description("End a deployment: what it did is taken back.")
    .argument("<deployment>", "its id")
    .addHelpText("after", "\nExample: dojang deployments cancel 1m7zz…")
    .action(async (id: string) => {
      await using session = await openSession({ context, say });
      const asked = await askCancel(session.store, { id, by: personOf(context.environment) });
      const { state } = await existingDeployment(session.store, id);
      if (asked)
        process.stdout.write(
          state === "cancelled"
            ? `${id} is cancelled\n`
            : `${id} is told to end and goes back; where its process was killed: dojang deploy --resume ${id}\n`,
        );
      else {
        say(`${id} has ended: it is ${state}`);
        process.exitCode = exitCodes.refused;
      }
    });
  return command;
}

function line({ id, kind, site, release, previousRelease, state, step, requestedBy, createdAt, reason }: Deployment): string {
  const over = previousRelease === undefined ? "" : ` over ${previousRelease}`;
  const at = state === "running" ? ` at ${step}` : "";
  return `${id} ${utcTime(createdAt)} ${kind} ${release}${over} to ${site}: ${state}${at} (${requestedBy}${reason === undefined ? "" : `: ${reason}`})`;
}
