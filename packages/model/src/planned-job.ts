import type { Job } from "./dojang-file.ts";

/** A node of the run's graph: a job of dojang.yml, or one combination of its matrix. */
export interface PlannedJob {
  /** Unique in the run: `config (staging)`. */
  readonly name: string;
  /** As in dojang.yml. */
  readonly base: string;
  readonly matrix: Readonly<Record<string, string>>;
  /** Names of planned jobs. */
  readonly needs: readonly string[];
  readonly definition: Job;
  /** The deployment environment whose variables it gets. */
  readonly environment: string | undefined;
  readonly timeoutMs: number;
  readonly retry: { readonly max: number; readonly on: readonly ("worker-lost" | "environment-failed")[] };
  /** Why it does not run; its dependents do not either. */
  readonly skipped: string | undefined;
}
