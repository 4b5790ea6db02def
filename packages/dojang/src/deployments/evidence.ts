import type { DeployJob, DojangFile } from "@dojang/model";
import { sql } from "kysely";
import { listDeployments } from "../store/deployments.ts";
import { listSites, type SiteRow } from "../store/sites.ts";
import type { Store } from "../store/store.ts";
import type { Evidence } from "./deployment-plan.ts";

export interface EvidenceRequest {
  readonly store: Store;
  readonly project: string;
  readonly file: DojangFile;
  readonly job: DeployJob;
  readonly release: { readonly id: string; readonly commit: string | undefined };
  /** Asked for environments whose site is on another machine. */
  readonly elsewhere?: LookElsewhere;
}

/** The deployment by which the release went live in an environment whose site is on another machine; undefined when none did. */
export type LookElsewhere = (environment: string, release: string) => Promise<{ readonly id: string; readonly liveAt: number } | undefined>;

/**
 * What has been shown of a release, by what the deploy job needs: a deployment of this very release where it needs one, a passed job of
 * a run of the same commit otherwise; of a job against an environment, after the release went there. Nothing else counts.
 */
export async function gatherEvidence(request: EvidenceRequest): Promise<readonly Evidence[]> {
  const { store, project, file, release } = request;
  const passed = release.commit === undefined ? [] : await passedJobs(store, { project, commit: release.commit });
  const sites = await listSites(store, project);
  const evidence: Evidence[] = [];
  for (const name of needsOf(file, request.job)) {
    const job = file.jobs[name];
    if (job === undefined) continue;
    const { environment } = job;
    const deployed = environment === undefined ? undefined : await wentLive(request, sites, environment);
    if (job.kind === "deploy") {
      evidence.push(
        deployed === undefined
          ? { job: name, shown: false, text: `${release.id} was never deployed to ${environment}: dojang deploy ${environment}` }
          : { job: name, shown: true, text: `${release.id} went live on ${environment}, deployment ${deployed.id}` },
      );
      continue;
    }
    const since = environment !== undefined && file.environments[environment]?.site !== undefined ? (deployed?.liveAt ?? Infinity) : 0;
    const run = passed.find((each) => baseName(each.name) === name && each.finishedAt >= since);
    evidence.push(
      run === undefined
        ? {
            job: name,
            shown: false,
            text: `job ${name} did not pass for this commit${since > 0 ? ` on ${environment}` : ""}: dojang run --job ${name}`,
          }
        : { job: name, shown: true, text: `job ${name} passed in run #${run.run}` },
    );
  }
  return evidence;
}

async function wentLive(
  { store, file, release, elsewhere }: EvidenceRequest,
  sites: readonly SiteRow[],
  environment: string,
): Promise<{ readonly id: string; readonly liveAt: number } | undefined> {
  if (file.environments[environment]?.site?.server !== undefined && elsewhere !== undefined) return elsewhere(environment, release.id);
  const site = sites.find((each) => each.environment === environment);
  if (site === undefined) return undefined;
  const went = await listDeployments(store, { site: site.id, release: release.id, states: ["succeeded", "running"] });
  return went.flatMap(({ id, liveAt }) => (liveAt === undefined ? [] : [{ id, liveAt }]))[0];
}

/** Needs, and what they need in turn up to the next deployment: that one has looked at its own. */
function needsOf(file: DojangFile, job: DeployJob): readonly string[] {
  const found = new Set<string>();
  const pending = [...job.needs];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const need = file.jobs[name];
    if (need !== undefined && need.kind !== "deploy") pending.push(...need.needs);
  }
  return Object.keys(file.jobs).filter((name) => found.has(name));
}

/** `config (staging)` is of `config`. */
function baseName(name: string): string {
  return name.replace(/ \(.*\)$/, "");
}

async function passedJobs(
  store: Store,
  { project, commit }: { readonly project: string; readonly commit: string },
): Promise<readonly { readonly name: string; readonly finishedAt: number; readonly run: number }[]> {
  const rows = await store.db
    .selectFrom("job")
    .innerJoin("run", "run.id", "job.run")
    .select(["job.name as name", "job.finished_at as finishedAt", "run.number as run"])
    .where("run.project", "=", project)
    .where("run.commit", "=", commit)
    .where("job.state", "=", "passed")
    // What a run with uncommitted changes showed was not shown of the commit.
    .where(sql`run.snapshot ->> 'dirty'`, "=", "false")
    .orderBy("job.finished_at", "desc")
    .limit(1000)
    .execute();
  return rows.map(({ name, finishedAt, run }) => ({ name, finishedAt: finishedAt ?? 0, run }));
}
