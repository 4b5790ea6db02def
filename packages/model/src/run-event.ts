import type { EndReason, JobKind, JobState, RunState, ServiceState } from "./states.ts";

/** What a run says while it goes on: to a terminal now, to browsers by server-sent events later. */
export type RunEvent =
  | { readonly kind: "run-started"; readonly run: string; readonly number: number; readonly jobs: readonly PlannedJobSummary[] }
  | { readonly kind: "job-started"; readonly job: string; readonly attempt: number }
  | { readonly kind: "step-started"; readonly job: string; readonly step: string }
  | { readonly kind: "output"; readonly job: string; readonly source: string; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "step-finished"; readonly job: string; readonly step: string; readonly exitCode: number; readonly durationMs: number }
  | { readonly kind: "service"; readonly job: string; readonly service: string; readonly state: ServiceState; readonly detail?: string }
  /** One second of a performance job's traffic. */
  | {
      readonly kind: "load";
      readonly job: string;
      readonly profile: string;
      readonly second: number;
      readonly asked: number;
      readonly completed: number;
      readonly errors: number;
      readonly p50Ms?: number;
      readonly p99Ms?: number;
    }
  /** Something a reader of the run should know: a substitution, a host refused, a part left out. */
  | { readonly kind: "note"; readonly job?: string; readonly text: string }
  | {
      readonly kind: "job-finished";
      readonly job: string;
      readonly state: JobState;
      readonly reason: EndReason;
      readonly durationMs: number;
      readonly summary?: string;
    }
  | { readonly kind: "run-finished"; readonly state: RunState; readonly durationMs: number };

export interface PlannedJobSummary {
  readonly name: string;
  readonly kind: JobKind;
  readonly needs: readonly string[];
}
