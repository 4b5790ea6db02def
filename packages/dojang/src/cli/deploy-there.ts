import { Problem, type SiteServer } from "@dojang/model";
import type { LoadedProject } from "../config/load-project.ts";
import type { Evidence } from "../deployments/deployment-plan.ts";
import { evidenceFor } from "../deployments/request-deployment.ts";
import type { Release } from "../releases/release.ts";
import { deployedThere } from "../servers/deployed-there.ts";
import { sendRelease } from "../servers/send-release.ts";
import { dojangOn, withinProject } from "../servers/server-dojang.ts";
import type { CommandContext } from "./command-context.ts";
import type { LiveSession } from "./live-session.ts";
import { say } from "./say.ts";

export interface DeployThere {
  readonly project: LoadedProject;
  readonly environment: string;
  readonly server: SiteServer;
  readonly release: Release;
  readonly person: string;
  readonly reason?: string;
  readonly withoutEvidence?: string;
  readonly approve: boolean;
  readonly json: boolean;
}

/** A release that was built here goes live on another machine, by the Dojang there, whose words and exit code are this command's. */
export async function deployThere(context: CommandContext, { live }: LiveSession, request: DeployThere): Promise<number> {
  const { signal, environment: env } = context;
  const { project, environment, release, withoutEvidence, reason } = request;
  // What was shown of it is known where it was shown.
  const evidence = await evidenceFor(live, {
    project,
    environment,
    release,
    withoutEvidence,
    elsewhere: deployedThere(project, { env, signal }),
  });
  const there = dojangOn(request.server, env);
  await sendRelease(there, release, { store: live.store, signal, say });
  const words = ["deploy", environment, "--here", "--release", release.id, "--evidence", JSON.stringify(evidence)];
  if (reason !== undefined) words.push("--reason", reason);
  if (withoutEvidence !== undefined) words.push("--without-evidence", withoutEvidence);
  if (request.approve) words.push("--approve");
  if (request.json) words.push("--json");
  return await there.attach(withinProject(project.name, request.person, words), signal);
}

/** What `--evidence` brings from the machine that sent the release. */
export function readEvidence(text: string): readonly Evidence[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every(isEvidence)) return value;
  } catch {
    // Told below.
  }
  throw new Problem({
    code: "usage",
    message: "--evidence is what `dojang deploy` of another machine sends, and this is not",
    fix: "leave it out, or deploy from the machine that built the release",
    exit: "configuration",
  });
}

function isEvidence(value: unknown): value is Evidence {
  if (typeof value !== "object" || value === null) return false;
  const { job, shown, text } = value as Partial<Record<keyof Evidence, unknown>>;
  return typeof job === "string" && typeof shown === "boolean" && typeof text === "string";
}
