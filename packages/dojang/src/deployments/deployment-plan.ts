import type { DeployJob, DeploymentEnvironment, Step } from "@dojang/model";

/** What was decided when a deployment was asked for; kept with it, so that a later edit of dojang.yml changes nothing half-way. */
export interface DeploymentPlan {
  readonly project: string;
  readonly environment: string;
  /** Of the deploy job; undefined for a rollback by hand to where there was none. */
  readonly job: string | undefined;
  readonly migrate: Step | undefined;
  readonly approval: DeployJob["approval"];
  readonly backup: DeployJob["backup"];
  readonly canary: DeployJob["canary"];
  readonly rollback: DeployJob["rollback"];
  readonly smoke: readonly Step[];
  readonly drainMs: number;
  readonly freeDiskBytes: number;
  readonly keepReleases: number;
  /** Findings of the production checklist that fail stop it. */
  readonly checklist: boolean;
  /** What was shown of the release before it was asked for. */
  readonly evidence: readonly Evidence[];
}

/** "staging: deployed as todo-r12, deployment 0k3…" */
export interface Evidence {
  readonly job: string;
  readonly shown: boolean;
  readonly text: string;
}

/** What steps leave for later steps, for people, and for the way back. */
export interface DeploymentFacts {
  /** Backups made by this deployment, by service. */
  readonly backups?: Readonly<Record<string, string>>;
  /** Whether the former release was seen to work on the migrated database: then code alone goes back. */
  readonly codeRollback?: boolean;
  readonly codeRollbackWhy?: string;
  readonly migrated?: boolean;
  /** Visitors may have met the new release. */
  readonly live?: boolean;
  /** Services that never overlap have been moved to the new release, or may have. */
  readonly soloMoved?: boolean;
  /** When every visitor was sent to it. */
  readonly switchedAt?: number;
  /** It failed and stays nevertheless: the former release does not work on the migrated database. */
  readonly stays?: boolean;
}

export function planOf(request: {
  readonly project: string;
  readonly environmentName: string;
  readonly environment: DeploymentEnvironment & { readonly site: NonNullable<DeploymentEnvironment["site"]> };
  readonly job: { readonly name: string; readonly definition: DeployJob } | undefined;
  readonly evidence: readonly Evidence[];
}): DeploymentPlan {
  const { environment, job } = request;
  return {
    project: request.project,
    environment: request.environmentName,
    job: job?.name,
    migrate: job?.definition.migrate,
    approval: job?.definition.approval,
    backup: job?.definition.backup,
    canary: job?.definition.canary,
    rollback: job?.definition.rollback,
    smoke: environment.smoke,
    drainMs: environment.site.drainMs,
    freeDiskBytes: environment.freeDiskBytes,
    keepReleases: environment.keepReleases,
    checklist: request.environmentName === "production",
    evidence: request.evidence,
  };
}
