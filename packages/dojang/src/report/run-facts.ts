import type {
  CodeFinding,
  Coverage,
  DeploymentState,
  EndReason,
  JobKind,
  JobState,
  LogRecord,
  OutsideCall,
  PatchCoverage,
  Place,
  RequestId,
  RunState,
  RuntimeName,
  ServiceState,
  TestAttempt,
  Transaction,
} from "@dojang/model";
import type { LoadFacts } from "./load-facts.ts";
import type { MutationFacts } from "./mutation-facts.ts";

/**
 * Everything a report is made from: plain data, so that a report can be made again from a stored run, on another
 * machine, without the store. Times are milliseconds since the Unix epoch, durations milliseconds, sizes bytes.
 * `firstLooks`, `renderHtml`, `renderTerminal`, `writeAllure` and `toJson` are functions of it.
 */
export interface RunFacts {
  readonly run: RunSummary;
  /** In the order of the plan, so that a job comes after those it needs. */
  readonly jobs: readonly JobFacts[];
  readonly attempts: readonly ReportedAttempt[];
  readonly transactions: readonly Transaction[];
  /** What was asked of outside systems that were played, in order of time. */
  readonly outsideCalls: readonly OutsideCall[];
  readonly mocks: readonly MockFacts[];
  /** What is wrong about outside calls, most serious first. */
  readonly outsideFindings: readonly OutsideFinding[];
  /** Log records that a request caused, of every service, by request id. */
  readonly logsByRequest: Readonly<Record<RequestId, readonly LogRecord[]>>;
  /**
   * By attempt id, log records written while it ran or two seconds around it that none of the run's transactions caused:
   * without a request id, or with one of a service's own (a worker's job). Errors among them explain a failure when no
   * transaction does, so a limit should keep them and the latest first.
   */
  readonly unattributedLogs: Readonly<Record<string, readonly LogRecord[]>>;
  /** Captured bodies by hash. A body that is missing is reported as not kept. */
  readonly bodies: Readonly<Record<string, Uint8Array>>;
  readonly coverage?: Coverage;
  readonly patchCoverage?: PatchCoverage;
  /** Text of files with missed lines, by repository path. Without it the report shows line numbers only. */
  readonly sources: Readonly<Record<string, string>>;
  readonly gates: readonly GateFacts[];
  readonly findings: readonly (CodeFinding & { readonly job: string })[];
  readonly checks: readonly LinkedCheckFacts[];
  /** Releases that jobs brought to an environment, or tried to. */
  readonly deployments: readonly DeployedFacts[];
  readonly artifacts: readonly ArtifactFacts[];
  readonly egress: readonly EgressFacts[];
  readonly problems: readonly ProblemFacts[];
  /** Of performance jobs, by profile, in the order they ran. */
  readonly load: readonly LoadFacts[];
  /** Of mutation jobs, one for each engine that made mutants. */
  readonly mutations: readonly MutationFacts[];
}

export interface RunSummary {
  readonly id: string;
  readonly project: string;
  /** Counts from 1 within the project. */
  readonly number: number;
  readonly state: RunState;
  readonly commit?: string;
  readonly branch?: string;
  /** Of the commit. */
  readonly message?: string;
  /** `origin/main@1a2b3c4`: what the change is compared with, when known. */
  readonly base?: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
  readonly runtime: RuntimeFacts;
  /** What the run did not do, and why: shown beside the verdict, for a pass that skipped half is not a pass. */
  readonly leftOut: readonly LeftOut[];
}

export interface RuntimeFacts {
  readonly name: RuntimeName;
  /** Availability's one line: "sandbox: namespaces, cgroup v1 limits". */
  readonly summary: string;
  /** What it could not promise on this machine: "memory limits are watched, not enforced". */
  readonly notPromised: readonly string[];
}

export interface LeftOut {
  readonly what: string;
  readonly reason: string;
}

export interface JobFacts {
  /** The job with its matrix values: `config (staging)`. Unique within the run. */
  readonly id: string;
  readonly kind: JobKind;
  readonly state: JobState;
  readonly endReason?: EndReason;
  /** Said to people beside the end reason: "needs api, which failed". */
  readonly detail?: string;
  /** Ids of jobs. */
  readonly needs: readonly string[];
  readonly queuedAt?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** One per shard; one for a job without shards; none for a job that never started. */
  readonly shards: readonly ShardFacts[];
}

/** A deployment as a job of the run saw it. */
export interface DeployedFacts {
  readonly job: string;
  readonly deployment: string;
  readonly site: string;
  readonly address: string;
  readonly release: string;
  /** What was live before. */
  readonly previousRelease?: string;
  readonly state: DeploymentState;
  /** Every attempt at a step, in order. */
  readonly steps: readonly DeployedStep[];
  readonly approvals: readonly {
    readonly person: string;
    readonly decision: "approved" | "rejected";
    readonly reason?: string;
    readonly at: number;
  }[];
}

export interface DeployedStep {
  readonly name: string;
  readonly state: "running" | "done" | "skipped" | "failed";
  readonly summary?: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
}

export interface ShardFacts {
  /** Counts from 1. */
  readonly shard: number;
  readonly environment?: string;
  readonly phases: readonly PhaseFacts[];
  readonly steps: readonly StepFacts[];
  readonly services: readonly ServiceFacts[];
}

/** A stretch of a shard's time. Phases may overlap. */
export interface PhaseFacts {
  readonly phase: "build" | "environment" | "prepare" | "steps" | "collect" | "teardown";
  readonly startedAt: number;
  readonly durationMs: number;
}

export interface StepFacts {
  readonly name?: string;
  /** As written in dojang.yml, with secrets masked. */
  readonly command: string;
  /** Runs inside this service, else in the workspace. */
  readonly service?: string;
  /** Undefined when it never ended by itself. */
  readonly exitCode?: number;
  readonly timedOut: boolean;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly output: readonly StepLine[];
  /** Lines that the store did not keep. */
  readonly droppedLines: number;
}

export interface StepLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface ServiceFacts {
  readonly name: string;
  /** What the Compose file asked for: `postgres:16-alpine`, `build ./api`. */
  readonly asked: string;
  /** What ran: "PostgreSQL 18.4 (npm)". */
  readonly took: string;
  readonly state: ServiceState;
  readonly restarts: number;
  readonly exitCode?: number;
  /** From start of the environment to healthy. */
  readonly readyAfterMs?: number;
}

export type ReportedAttempt = TestAttempt & {
  readonly job: string;
  readonly shard: number;
};

export interface GateFacts {
  readonly job: string;
  /** `patch-coverage`. */
  readonly gate: string;
  readonly expected: string;
  readonly seen: string;
  readonly held: boolean;
  readonly onMiss: "fail" | "warn";
}

export interface LinkedCheckFacts {
  readonly job: string;
  readonly name: string;
  /** `sql: show server_version_num`, `http: GET $MAIL_URL/health`. */
  readonly check: string;
  readonly expected: string;
  readonly seen: string;
  readonly passed: boolean;
  readonly durationMs: number;
}

export interface ArtifactFacts {
  readonly job: string;
  readonly name: string;
  /** `sha256:` + hex. */
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface EgressFacts {
  readonly host: string;
  readonly port: number;
  readonly allowed: boolean;
  /** Who asked; absent for steps, and where it is not known. */
  readonly service?: string;
  readonly count: number;
}

/** One mock of a job, all shards together. Counts include calls that the journal did not keep. */
export interface MockFacts {
  readonly job: string;
  readonly mock: string;
  readonly hosts: readonly string[];
  /** Folder and documents, relative to the project. */
  readonly specification: readonly string[];
  /** Hex SHA-256 over the specification's files. */
  readonly digest: string;
  readonly calls: number;
  readonly unmatched: number;
  readonly undeclared: number;
  readonly unused: number;
  /** Without a request id: nothing says which test caused them. */
  readonly withoutRequestId: number;
  readonly dropped: number;
  readonly restarts: number;
  readonly stubs: readonly { readonly name: string; readonly file?: string; readonly calls: number }[];
}

/**
 * Why an outside call does not pass: nothing answers it, it disagrees with the contract or goes to a host that nobody
 * declared; or a stub nobody needed; or what is known is not all there was to know.
 */
export interface OutsideFinding {
  readonly job: string;
  /** Absent for a host that no mock plays. */
  readonly mock?: string;
  readonly kind: "unmatched" | "undeclared" | "unused" | "dropped" | "restarted";
  /** The service that asked for a host that no mock plays. */
  readonly service?: string;
  readonly level: "fail" | "warn";
  /** The attempt that caused it, when known, and how it is called. */
  readonly testAttempt?: string;
  readonly test?: { readonly file: string; readonly title: string };
  /** `POST http://mail:8025/messages`. */
  readonly asked?: string;
  readonly message: string;
  /** One line each: what is expected and what came, and where that is written. */
  readonly details: readonly string[];
  readonly fix: string;
  /** How many calls it was. */
  readonly count: number;
  /** Of the first of them: the call, the transaction it belongs to, its request id. */
  readonly call?: string;
  readonly transaction?: string;
  readonly requestId?: string;
}

/** A Problem that ended a job or the run, as data. */
export interface ProblemFacts {
  readonly job?: string;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly place?: Place;
}
