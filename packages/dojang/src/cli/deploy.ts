import { resolve } from "node:path";
import { exitCodes, Problem } from "@dojang/model";
import { Command, Option } from "commander";
import { loadProject } from "../config/load-project.ts";
import { continueDeployment } from "../deployments/continue-deployment.ts";
import type { DeploymentPlan } from "../deployments/deployment-plan.ts";
import { knownSite } from "../deployments/open-live.ts";
import { personOf } from "../deployments/people.ts";
import type { Performed } from "../deployments/perform-deployment.ts";
import { requestDeployment } from "../deployments/request-deployment.ts";
import { edgeSiteOf } from "../deployments/site-work.ts";
import { siteAddress } from "../edge/edge-site.ts";
import { createRelease } from "../releases/create-release.ts";
import { getRelease } from "../releases/release.ts";
import { deployedThere } from "../servers/deployed-there.ts";
import { siteOf } from "../sites/site.ts";
import { type Deployment, getDeployment } from "../store/deployments.ts";
import { agree } from "./agree.ts";
import type { CommandContext } from "./command-context.ts";
import { deployThere, readEvidence } from "./deploy-there.ts";
import { type LiveSession, openLiveSession } from "./live-session.ts";
import { showDeployment } from "./progress/deployment-progress.ts";
import { say } from "./say.ts";
import { isServed } from "./served.ts";

interface DeployFlags {
  readonly directory: string;
  readonly release?: string;
  readonly commit?: string;
  readonly includeChanges: boolean;
  readonly approve: boolean;
  readonly reason?: string;
  readonly withoutEvidence?: string;
  readonly resume?: string;
  readonly here: boolean;
  readonly evidence?: string;
  readonly verbose: boolean;
  readonly json: boolean;
}

export function deployCommand(context: CommandContext): Command {
  return new Command("deploy")
    .argument("[environment]", "as dojang.yml names it: staging, production")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--release <id>", "a release that was built before; without it, one of the commit is built, or taken when it was")
    .option("--commit <ref>", "the commit, branch or tag to build of (default: HEAD, with a clean working tree)")
    .option("--include-changes", "build of the working tree as it is; the release says so", false)
    .option("--approve", "approve it too, where you may", false)
    .option("--reason <text>", "why; kept with the deployment")
    .option("--without-evidence <reason>", "go on although what the deploy job needs was not shown; kept with the deployment")
    .option("--resume <id>", "go on with a deployment whose process was killed, or that was approved")
    .addOption(new Option("--here", "the site is on this machine, whatever dojang.yml says").default(false).hideHelp())
    .addOption(new Option("--evidence <json>", "what was shown on the machine that sent the release").hideHelp())
    .option("--verbose", "print what builds and steps print", false)
    .option("--json", "events as JSON lines, and the deployment as the last line", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ dojang deploy staging\n  $ dojang deploy production --release todo-r12 --approve\n\nEnds with 0 when it is live, 1 when it was taken back, 4 when it waits for approval or may not go on.",
    )
    .action((environment: string | undefined, flags: DeployFlags) => deploy(context, environment, flags));
}

async function deploy(context: CommandContext, environment: string | undefined, flags: DeployFlags): Promise<void> {
  if (environment === undefined && flags.resume === undefined) throw whereTo();
  await using session = await openLiveSession({ context, verbose: flags.verbose });
  const id = flags.resume ?? (await ask(context, session, { environment, flags }));
  if (id === undefined) return;
  await performAndTell(context, session, { id, json: flags.json });
}

/** Undefined when it waits for somebody else, or was another machine's to do. */
async function ask(
  context: CommandContext,
  session: LiveSession,
  { environment, flags }: { readonly environment: string | undefined; readonly flags: DeployFlags },
): Promise<string | undefined> {
  const { live } = session;
  const { signal } = context;
  if (environment === undefined) throw whereTo();
  const directory = resolve(flags.directory);
  const project = await loadProject({ directory, env: context.environment, signal });
  // A name that is wrong is told before minutes go into a build.
  siteOf(project, environment, live);
  const person = personOf(context.environment);
  const release =
    flags.release === undefined
      ? await createRelease(
          { ...live, signal, say },
          { project, commit: flags.commit, includeChanges: flags.includeChanges, requestedBy: person },
        )
      : await getRelease(live.store, flags.release);
  const { reason, withoutEvidence } = flags;
  const server = project.file.environments[environment]?.site?.server;
  if (server !== undefined && !flags.here) {
    const { approve, json } = flags;
    const there = { project, environment, server, release, person, reason, withoutEvidence, approve, json };
    process.exitCode = await deployThere(context, session, there);
    return undefined;
  }
  const evidence = flags.evidence === undefined ? undefined : readEvidence(flags.evidence);
  const elsewhere = deployedThere(project, { env: context.environment, signal });
  const request = { project, environment, release, person, reason, withoutEvidence, evidence, elsewhere };
  const { deployment } = await requestDeployment(live, request);
  say(
    `deployment ${deployment.id}: ${release.id} to ${deployment.site}${deployment.previousRelease === undefined ? "" : `, over ${deployment.previousRelease}`}`,
  );
  for (const { shown, text } of (deployment.plan as DeploymentPlan).evidence) say(`  ${shown ? "shown" : "NOT shown"}: ${text}`);
  if (deployment.state !== "awaiting-approval") return deployment.id;
  return (await mayGoOn(context, session, { deployment, approve: flags.approve, json: flags.json })) ? deployment.id : undefined;
}

interface ApprovalAsked {
  readonly deployment: Deployment;
  readonly approve: boolean;
  readonly json: boolean;
}

/** False when somebody else has to decide; that is said. */
async function mayGoOn(context: CommandContext, { live }: LiveSession, { deployment, approve, json }: ApprovalAsked): Promise<boolean> {
  if (await agree(context, live.store, { deployment, approve })) return true;
  const until = deployment.expiresAt === undefined ? "" : ` until ${new Date(deployment.expiresAt).toISOString()}`;
  say(`${deployment.id} waits for approval${until}: dojang approve ${deployment.id}, or dojang reject ${deployment.id}`);
  if (json) process.stdout.write(`${JSON.stringify({ kind: "deployment", deployment: await getDeployment(live.store, deployment.id) })}\n`);
  process.exitCode = exitCodes.refused;
  return false;
}

/** Performs to its end and says it; the exit code follows. */
export async function performAndTell(
  context: CommandContext,
  { live }: LiveSession,
  { id, json }: { readonly id: string; readonly json: boolean },
): Promise<Performed> {
  const onEvent = showDeployment({ json, stdout: process.stdout, stderr: process.stderr });
  const performed = await continueDeployment(live, id, { signal: context.signal, onEvent, handOver: await isServed(live.store) });
  const { deployment, outcome } = performed;
  if (json) process.stdout.write(`${JSON.stringify({ kind: "deployment", outcome, deployment })}\n`);
  else process.stdout.write(`${await sentence(live, performed)}\n`);
  process.exitCode = exitOf(performed);
  return performed;
}

async function sentence(live: LiveSession["live"], { deployment, outcome }: Performed): Promise<string> {
  const { release, site, id, failure, previousRelease } = deployment;
  if (outcome === "held") return `${id} is in the hands of a process that lives: it is ${deployment.state}`;
  if (outcome === "paused") return `${id} waits: dojang approve ${id} to go on, dojang reject ${id} to end it`;
  const { site: known } = await knownSite(live, site);
  const address = siteAddress(edgeSiteOf(known));
  if (outcome === "handed-over") return `${release} is live on ${site}: ${address}; dojang serve watches it from here`;
  const why = failure === undefined ? "" : `: ${failure.step}: ${failure.message} [${failure.code}]\n  fix: ${failure.fix}`;
  switch (deployment.state) {
    case "succeeded":
      return `${release} is live on ${site}: ${address}`;
    case "rolled-back":
      return `${release} was taken back from ${site}, ${previousRelease === undefined ? "which shows its maintenance page" : `and ${previousRelease} serves again`}${why}`;
    case "cancelled":
      return `${id} was cancelled${why}`;
    default:
      return `${release} did not go live on ${site}${why}`;
  }
}

function exitOf({ deployment, outcome }: Performed): number {
  if (outcome === "paused" || outcome === "held") return exitCodes.refused;
  if (outcome === "handed-over") return exitCodes.passed;
  return deployment.state === "succeeded" ? exitCodes.passed : exitCodes.failed;
}

function whereTo(): Problem {
  return new Problem({
    code: "environment-missing",
    message: "no environment was named to deploy to",
    fix: "write for example: dojang deploy staging",
    exit: "configuration",
  });
}
