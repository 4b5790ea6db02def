import type { CodeFinding, Coverage, EndReason, PatchCoverage, TestAttempt } from "@dojang/model";
import type { LoadFacts } from "../report/load-facts.ts";
import type { MutationFacts } from "../report/mutation-facts.ts";
import type {
  ArtifactFacts,
  DeployedFacts,
  EgressFacts,
  GateFacts,
  LinkedCheckFacts,
  MockFacts,
  OutsideFinding,
  ProblemFacts,
  ShardFacts,
} from "../report/run-facts.ts";

/** What a job found. A red test is here; what broke the machine is thrown as a Problem. */
export interface JobResult {
  readonly state: "passed" | "failed";
  readonly reason: EndReason;
  /** One line for people: "42 tests, 1 failed". */
  readonly summary: string;
  readonly detail: JobDetail;
  readonly attempts: readonly { readonly shard: number; readonly attempt: TestAttempt }[];
  readonly coverage?: Coverage;
  readonly patchCoverage?: PatchCoverage;
  readonly findings: readonly CodeFinding[];
}

/** The part of a result that is kept as it is beside the job and shown in the report. */
export interface JobDetail {
  readonly shards: readonly ShardFacts[];
  readonly gates: readonly GateFacts[];
  readonly checks: readonly LinkedCheckFacts[];
  readonly artifacts: readonly ArtifactFacts[];
  readonly egress: readonly EgressFacts[];
  readonly mocks: readonly MockFacts[];
  readonly outsideFindings: readonly OutsideFinding[];
  readonly load: readonly LoadFacts[];
  readonly deployments: readonly DeployedFacts[];
  readonly mutations: readonly MutationFacts[];
  readonly problems: readonly ProblemFacts[];
  readonly notes: readonly string[];
}

export const emptyDetail: JobDetail = {
  shards: [],
  gates: [],
  checks: [],
  artifacts: [],
  egress: [],
  mocks: [],
  outsideFindings: [],
  load: [],
  deployments: [],
  mutations: [],
  problems: [],
  notes: [],
};
