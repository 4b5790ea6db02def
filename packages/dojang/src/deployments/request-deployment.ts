import { type DeployJob, Problem } from "@dojang/model";
import type { LoadedProject } from "../config/load-project.ts";
import { getRelease, type Release } from "../releases/release.ts";
import { sameMigrations } from "../releases/same-migrations.ts";
import { type Site, siteOf } from "../sites/site.ts";
import { makeSiteFolder } from "../sites/site-folder.ts";
import { createDeployment, type Deployment, listDeployments } from "../store/deployments.ts";
import { getSite, type SiteRow, saveSite } from "../store/sites.ts";
import { type DeploymentFacts, type Evidence, planOf } from "./deployment-plan.ts";
import { gatherEvidence, type LookElsewhere } from "./evidence.ts";
import type { Live } from "./open-live.ts";
import { siteBusy } from "./site-busy.ts";

export interface DeploymentRequest {
  readonly project: LoadedProject;
  readonly environment: string;
  readonly release: Release;
  readonly person: string;
  readonly reason?: string;
  /** What was shown already, by the run this is a job of; gathered from the store when absent. */
  readonly evidence?: readonly Evidence[];
  /** Why it goes on without what the deploy job needs; recorded. */
  readonly withoutEvidence?: string;
  readonly elsewhere?: LookElsewhere;
}

/**
 * A deployment of a release to an environment of the project, waiting for approval where the deploy job asks for it, else queued.
 * Throws `evidence-missing`, `site-busy`, and what `siteOf` throws.
 */
export async function requestDeployment(
  live: Live,
  request: DeploymentRequest,
): Promise<{ readonly deployment: Deployment; readonly site: Site }> {
  const { store } = live;
  const site = siteOf(request.project, request.environment, live);
  const job = deployJobOf(request.project, request.environment);
  const evidence = await evidenceOf(live, request, job?.definition);
  await makeSiteFolder(site);
  const row = (await getSite(store, site.id)) ?? (await saveSite(store, site));
  const plan = planOf({ project: site.project, environmentName: site.environment, environment: site.definition, job, evidence });
  const { approval } = plan;
  const made = await createDeployment(store, {
    site: site.id,
    release: request.release.id,
    previousRelease: row.currentRelease,
    kind: "deploy",
    state: approval === undefined ? "queued" : "awaiting-approval",
    plan,
    requestedBy: request.person,
    reason:
      request.withoutEvidence === undefined
        ? request.reason
        : `${request.reason ?? ""} (without evidence: ${request.withoutEvidence})`.trim(),
    expiresAt: approval === undefined ? undefined : Date.now() + approval.expiresMs,
  });
  if ("active" in made) throw siteBusy(made.active);
  return { deployment: made.created, site };
}

/** The deploy job of an environment; the first, where there are several. */
function deployJobOf(
  { file }: Pick<LoadedProject, "file">,
  environment: string,
): { readonly name: string; readonly definition: DeployJob } | undefined {
  for (const [name, definition] of Object.entries(file.jobs)) {
    if (definition.kind === "deploy" && definition.environment === environment) return { name, definition };
  }
  return undefined;
}

type EvidenceRequest = Omit<DeploymentRequest, "person">;

/** What was shown of the release for this environment. Throws Problem `evidence-missing`. */
export async function evidenceFor(live: Pick<Live, "store">, request: EvidenceRequest): Promise<readonly Evidence[]> {
  return await evidenceOf(live, request, deployJobOf(request.project, request.environment)?.definition);
}

async function evidenceOf(live: Pick<Live, "store">, request: EvidenceRequest, job: DeployJob | undefined): Promise<readonly Evidence[]> {
  if (request.evidence !== undefined) return request.evidence;
  const { project, release, elsewhere } = request;
  if (job === undefined) return [];
  const evidence = await gatherEvidence({ store: live.store, project: project.name, file: project.file, job, release, elsewhere });
  const missing = evidence.filter(({ shown }) => !shown);
  if (missing.length === 0 || request.withoutEvidence !== undefined) return evidence;
  throw new Problem({
    code: "evidence-missing",
    message: `${release.id} may not go to ${request.environment} yet: ${missing.map(({ text }) => text).join("; ")}`,
    fix: "do that first (`dojang run --deploy` does all of it), or say why not: --without-evidence REASON",
    exit: "refused",
  });
}

export interface RollbackRequest {
  readonly row: SiteRow;
  readonly site: Site;
  /** The release before the one that is live when absent. */
  readonly to: Release;
  readonly person: string;
  readonly reason?: string;
  /** Goes back although the database may not fit; why. */
  readonly despiteSchema?: string;
}

/** Back to a release that was live before: code alone, nothing is migrated. Throws `rollback-schema` where the database may not fit it. */
export async function requestRollback(live: Live, request: RollbackRequest, current: Release): Promise<Deployment> {
  const { store } = live;
  const { site, row, to } = request;
  const why = await whyNotByCode(live, { site, current, to });
  if (why !== undefined && request.despiteSchema === undefined) {
    throw new Problem({
      code: "rollback-schema",
      message: `${to.id} may not work on the database as it is now: ${why}`,
      fix: `restore a backup (\`dojang restore ${site.environment}\`), migrate down by hand, or take it on: --despite-schema REASON`,
      exit: "refused",
    });
  }
  const plan = planOf({
    project: site.project,
    environmentName: site.environment,
    environment: site.definition,
    job: undefined,
    evidence: [],
  });
  const made = await createDeployment(store, {
    site: site.id,
    release: to.id,
    previousRelease: row.currentRelease,
    kind: "rollback",
    state: "queued",
    // A way back is not held up by what a way forward has to show.
    plan: { ...plan, checklist: false },
    requestedBy: request.person,
    reason:
      request.despiteSchema === undefined
        ? request.reason
        : `${request.reason ?? ""} (despite the schema: ${request.despiteSchema})`.trim(),
  });
  if ("active" in made) throw siteBusy(made.active);
  return made.created;
}

/**
 * Undefined when nothing was migrated between the two, the database was last migrated by the migrations that `to` has (it was gone
 * back from, and is gone forth to), or the older was seen to work on what was migrated.
 */
async function whyNotByCode(
  { store }: Live,
  { site, current, to }: { readonly site: Site; readonly current: Release; readonly to: Release },
): Promise<string | undefined> {
  if (sameMigrations(current, to)) return undefined;
  const deployments = await listDeployments(store, { site: site.id });
  // Only deployments of this package have facts.
  const migrated = deployments.find(({ facts }) => (facts as DeploymentFacts).migrated === true);
  if (migrated !== undefined && sameMigrations(await getRelease(store, migrated.release), to)) return undefined;
  const brought = (await listDeployments(store, { site: site.id, release: current.id })).find(
    ({ kind, liveAt, previousRelease }) => kind === "deploy" && liveAt !== undefined && previousRelease === to.id,
  );
  if (brought === undefined) return `${current.id} has other migrations, and was not deployed over ${to.id}`;
  const facts = brought.facts as DeploymentFacts;
  if (facts.codeRollback === true) return undefined;
  return facts.codeRollbackWhy ?? "it was never tried on the migrated database";
}
