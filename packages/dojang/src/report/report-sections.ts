import type { LogRecord, OutsideCall, PatchCoverage, TestOutcome, TestStatus } from "@dojang/model";
import type { FirstLook } from "./first-look.ts";
import type { LoadFacts } from "./load-facts.ts";
import type { ReportedAttempt, RunFacts, RunSummary, StepFacts } from "./run-facts.ts";

/**
 * What the page reads. The index is decoded at once, every other section when a screen needs it. These types are the
 * contract between render-html.ts, which writes, and client/, which reads.
 */
export interface ReportIndex {
  readonly run: RunSummary;
  readonly jobs: readonly JobIndex[];
  readonly looks: readonly FirstLook[];
  readonly tests: readonly TestRow[];
  readonly outside: { readonly transactions: number; readonly sections: readonly number[] };
  readonly mocks: RunFacts["mocks"];
  readonly outsideFindings: RunFacts["outsideFindings"];
  /** Outside calls that belong to no transaction, in the section `unclaimed`. */
  readonly unclaimed: number;
  /** The bodies of section `bodies-<section>` have the places from `first` on. */
  readonly bodySections: readonly { readonly section: number; readonly first: number; readonly count: number }[];
  readonly transactions: number;
  readonly coverage?: { readonly files: number; readonly lines: number; readonly covered: number };
  readonly patchCoverage?: PatchCoverage;
  readonly gates: RunFacts["gates"];
  readonly checks: RunFacts["checks"];
  readonly deployments: RunFacts["deployments"];
  readonly findings: RunFacts["findings"];
  readonly artifacts: RunFacts["artifacts"];
  readonly egress: RunFacts["egress"];
  readonly problems: RunFacts["problems"];
  /** Number n has its plots in the section `load-n`. */
  readonly load: readonly LoadSummary[];
  readonly mutations: RunFacts["mutations"];
  /** What the limits of the file made it leave out. */
  readonly caps: readonly Cap[];
}

/** A profile of a performance job without what only its own page needs. */
export type LoadSummary = Omit<LoadFacts, "samples" | "metrics" | "marks" | "seconds"> & {
  /** Whether its plots fitted into the file. */
  readonly plotted: boolean;
};

export type LoadDetail = Pick<LoadFacts, "samples" | "metrics" | "marks" | "seconds"> & {
  /** Of samples that carried a request id: the transaction they are, by row. */
  readonly transactions: Readonly<Record<number, string>>;
};

/** `what` is a key of the page's words. */
export interface Cap {
  readonly what: "load" | "bodies" | "longBodies" | "transactions" | "logs" | "output" | "findings" | "outsideCalls";
  readonly count: number;
}

type Job = RunFacts["jobs"][number];
type Shard = Job["shards"][number];

/** A job without the output of its steps, which is in the section `jobs`. */
export type JobIndex = Omit<Job, "shards"> & {
  readonly shards: readonly (Omit<Shard, "steps"> & { readonly steps: readonly Omit<StepFacts, "output">[] })[];
};

/** `output[job][shard][step]` */
export type JobsSection = readonly (readonly (readonly StepFacts["output"][])[])[];

export interface TestRow {
  readonly key: string;
  readonly job: string;
  readonly shard: number;
  readonly file: string;
  readonly title: string;
  readonly project?: string;
  readonly outcome: TestOutcome;
  readonly attempts: readonly TestStatus[];
  /** Of the last attempt. */
  readonly durationMs: number;
  readonly transactions: number;
  readonly slowestMs: number;
  readonly error?: string;
  /** Number of the section that holds it; absent when it was left out. */
  readonly section?: number;
}

export type TestsSection = readonly PackedTest[];

export interface PackedTest {
  readonly key: string;
  readonly attempts: readonly {
    readonly attempt: ReportedAttempt;
    readonly exchanges: PackedExchanges;
    readonly unattributed: readonly PackedLog[];
  }[];
}

/** Transactions without a test, of one environment. */
export type OutsideSection = PackedExchanges;

export interface PackedExchanges {
  readonly environment: string;
  readonly transactions: readonly PackedTransaction[];
}

/**
 * Rows instead of objects, times as whole microseconds after the row before, and the request id written once: twenty
 * thousand transactions have to fit into a file that opens at once.
 */
export type PackedTransaction = readonly [...exchange: PackedExchange, outsideCalls?: readonly PackedOutsideCall[]];

export type PackedExchange = readonly [
  id: string,
  requestId: string,
  lane: number,
  kind: string,
  method: string,
  url: string,
  status: number | null,
  error: string | null,
  startedAfterUs: number,
  firstByteUs: number | null,
  durationUs: number,
  requestHeaders: readonly string[],
  responseHeaders: readonly string[],
  requestBody: PackedBody | null,
  responseBody: PackedBody | null,
  /** Null: left out. */
  logs: readonly PackedLog[] | null,
];

/** Times as whole microseconds after the transaction that caused it, or after the run's start. */
export type PackedOutsideCall = readonly [
  id: string,
  requestId: string | null,
  mock: string,
  method: string,
  url: string,
  status: number | null,
  fault: string | null,
  answeredBy: OutsideCall["answeredBy"],
  stub: PackedStub | null,
  declared: boolean,
  direct: boolean,
  violations: readonly (readonly [side: "request" | "response", at: string, message: string, rule: string])[],
  nearest: readonly [stub: PackedStub | null, differences: readonly string[]] | null,
  afterUs: number,
  durationUs: number,
  delayUs: number,
  requestHeaders: readonly string[],
  responseHeaders: readonly string[],
  requestBody: PackedBody | null,
  responseBody: PackedBody | null,
];

export type PackedStub = readonly [id: string, name: string | null, file: string | null];

/** Outside calls of no transaction, by environment. */
export type UnclaimedSection = readonly { readonly environment: string; readonly calls: readonly PackedOutsideCall[] }[];

/** `place` counts through all body sections; null when the bytes are not in the file. */
export type PackedBody = readonly [place: number | null, hash: string, sizeBytes: number, truncated: boolean, contentType: string | null];

export type PackedLog = readonly [
  service: string,
  sequence: number,
  afterUs: number,
  stream: LogRecord["stream"],
  level: string | null,
  text: string,
];

/** A packed string that starts with it is a place in the section's table of strings. */
export const stringMark = "\u0001";

/** Stands for the request id within a header or a log text. */
export const requestIdMark = "\u0002";

/** Text, or the first bytes of a binary body in hex. */
export type BodiesSection = readonly (
  | { readonly text: string; readonly cut: boolean }
  | { readonly hex: string; readonly sizeBytes: number }
)[];

export interface CoverageSection {
  readonly files: readonly {
    readonly path: string;
    readonly lines: number;
    readonly covered: number;
    readonly missed: readonly number[];
  }[];
  readonly sources: Readonly<Record<string, string>>;
}
