import { type DeployJob, Problem, type SiteServer } from "@dojang/model";
import type { Evidence } from "../deployments/deployment-plan.ts";
import type { DeploymentEvent } from "../deployments/perform-deployment.ts";
import { edgeSiteOf } from "../deployments/site-work.ts";
import { siteAddress } from "../edge/edge-site.ts";
import type { JobResult } from "../environments/job-result.ts";
import type { Release } from "../releases/release.ts";
import { sendRelease } from "../servers/send-release.ts";
import { dojangOn, withinProject } from "../servers/server-dojang.ts";
import { siteOf } from "../sites/site.ts";
import type { Deployment } from "../store/deployments.ts";
import { deploymentResult, type EndedDeployment, waits } from "./deployment-result.ts";
import type { JobContext } from "./job.ts";

export interface Elsewhere {
  readonly definition: DeployJob;
  readonly server: SiteServer;
  readonly release: Release;
  readonly evidence: readonly Evidence[];
}

/** The release goes to the machine the site lives on; its Dojang deploys it, and tells each step as it ends. */
export async function deployElsewhere(context: JobContext, { definition, server, release, evidence }: Elsewhere): Promise<JobResult> {
  const { deploying, signal, emit, project, run, store, home } = context;
  const job = context.job.planned.name;
  const note = (text: string) => emit({ kind: "note", job, text });
  if (deploying === undefined) throw new Error("a deploy job was started in a run that deploys nothing");
  const { environment } = definition;
  const there = dojangOn(server, deploying.env);
  await sendRelease(there, release, { store, signal, say: note });
  const words = ["deploy", environment, "--here", "--json", "--release", release.id, "--reason", `run #${run.number}`];
  words.push("--evidence", JSON.stringify(evidence));
  if (deploying.approves) words.push("--approve");
  const steps: EndedDeployment["steps"][number][] = [];
  let ended: { readonly deployment: Deployment; readonly outcome?: string } | undefined;
  const onLine = (line: string) => {
    const event = read(line);
    if (event?.kind === "note") note(event.text);
    if (event?.kind === "deployment") ended = event;
    if (event?.kind !== "step-ended") return;
    const { step, state, summary, durationMs } = event;
    note(`${step} ${state}: ${summary}`);
    if (state !== "paused") steps.push({ name: step, state, summary, startedAt: Date.now() - durationMs, finishedAt: Date.now() });
  };
  const answer = await there.run(withinProject(project.name, deploying.person, words), { signal, onLine });
  if (ended === undefined) {
    throw new Problem({
      code: "deployment-elsewhere",
      message: `${there.name} ended with ${answer.exitCode} before it deployed ${release.id}: ${answer.said.trim().slice(-1000)}`,
      fix: `mend what it says; commands are given there with: dojang on ${environment} …`,
      exit: answer.exitCode === 4 ? "refused" : "infrastructure",
    });
  }
  const { deployment, outcome } = ended;
  const isWaiting = deployment.state === "awaiting-approval" || outcome === "paused";
  if (isWaiting) throw waits(deployment, `dojang on ${environment} approve ${deployment.id}`);
  const address = siteAddress(edgeSiteOf(siteOf(project, environment, { home })));
  return deploymentResult({ job, deployment, address, steps, approvals: [] });
}

type Told = DeploymentEvent | { readonly kind: "deployment"; readonly deployment: Deployment; readonly outcome?: string };

/** Of what another Dojang prints with --json; anything else it may print is passed over. */
function read(line: string): Told | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
