import { exitCodes } from "@dojang/model";
import { Command } from "commander";
import { decideApproval } from "../deployments/decide-approval.ts";
import { personOf } from "../deployments/people.ts";
import { authorNames } from "../releases/author-names.ts";
import { getRelease } from "../releases/release.ts";
import type { CommandContext } from "./command-context.ts";
import { performAndTell } from "./deploy.ts";
import { openLiveSession } from "./live-session.ts";
import { say } from "./say.ts";
import { isServed } from "./served.ts";

interface Flags {
  readonly reason?: string;
  readonly wait: boolean;
  readonly json: boolean;
}

export function approveCommand(context: CommandContext): Command {
  return new Command("approve")
    .argument("<deployment>", "as `dojang deployments` shows it")
    .option("--reason <text>", "why; kept with the deployment")
    .option("--no-wait", "leave the deployment itself to dojang serve, or to `dojang deploy --resume`")
    .option("--json", "events as JSON lines", false)
    .addHelpText("after", "\nExample: dojang approve 0k3q8… --reason 'seen on staging'")
    .action((id: string, flags: Flags) => decide(context, id, { ...flags, decision: "approved" }));
}

export function rejectCommand(context: CommandContext): Command {
  return new Command("reject")
    .argument("<deployment>", "as `dojang deployments` shows it")
    .option("--reason <text>", "why; kept with the deployment")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample: dojang reject 0k3q8… --reason 'not on a Friday'")
    .action((id: string, flags: Omit<Flags, "wait">) => decide(context, id, { ...flags, wait: true, decision: "rejected" }));
}

async function decide(context: CommandContext, id: string, flags: Flags & { readonly decision: "approved" | "rejected" }): Promise<void> {
  await using session = await openLiveSession({ context });
  const { store } = session.live;
  const { deployment, state } = await decideApproval({
    store,
    id,
    person: personOf(context.environment),
    decision: flags.decision,
    reason: flags.reason,
    authorOf: async (release) => authorNames(await getRelease(store, release)),
    now: Date.now(),
    signal: context.signal,
  });
  if (state.kind === "waiting") {
    say(`kept; ${state.needs} more must agree to ${deployment.id}`);
    process.exitCode = exitCodes.refused;
    return;
  }
  if (deployment.state !== "queued" && deployment.state !== "running") {
    process.stdout.write(flags.json ? `${JSON.stringify(deployment)}\n` : `${deployment.id} is ${deployment.state}\n`);
    return;
  }
  if (!flags.wait || (await isServed(store))) {
    process.stdout.write(
      `${deployment.id} is approved and goes on${flags.wait ? " in dojang serve" : `: dojang deploy --resume ${deployment.id}`}\n`,
    );
    return;
  }
  await performAndTell(context, session, { id: deployment.id, json: flags.json });
}
