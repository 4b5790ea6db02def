/** States are string unions; what ended a thing is recorded beside the state, never folded into it. */
export type JobKind = "steps" | "config" | "linked" | "image" | "integration" | "performance" | "drill" | "mutation" | "deploy";

export type JobState = "waiting" | "queued" | "running" | "passed" | "failed" | "skipped" | "cancelled";
export type RunState = "queued" | "running" | "passed" | "failed" | "cancelled";

export type DeploymentState =
  | "awaiting-approval"
  | "queued"
  | "running"
  | "succeeded"
  | "failed"
  /** It had gone live and was taken back. */
  | "rolled-back"
  | "cancelled"
  | "rejected";

export type EndReason =
  | "done"
  | "failed"
  | "timeout"
  | "user"
  | "superseded"
  | "worker-lost"
  | "environment-failed"
  | "dependency-failed"
  | "condition-false"
  /** Somebody has to agree first, or a policy says no. */
  | "refused"
  | "problem";

export type RuntimeName = "sandbox" | "docker" | "swarm" | "host" | "fake";

export type ServiceState = "created" | "starting" | "running" | "healthy" | "unhealthy" | "exited" | "stopped";

/** States after which a job never changes again. */
export const finishedJobStates: readonly JobState[] = ["passed", "failed", "skipped", "cancelled"];
