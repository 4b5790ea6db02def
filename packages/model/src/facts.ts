/**
 * The facts a run leaves behind. They are appended by capture, logs and result readers, kept by the store, and
 * turned into screens by report/. Times are milliseconds since the Unix epoch, as a float with microseconds.
 */

/** W3C trace id: 32 lower-case hex digits. Joins a transaction to the log records it caused. */
export type RequestId = string;

export interface Header {
  readonly name: string;
  readonly value: string;
}

/** A captured body. `hash` is the lower-case hex SHA-256 of the kept bytes; the bytes live once in the store. */
export interface BodyRef {
  readonly hash: string;
  /** Bytes on the wire, before capping. */
  readonly sizeBytes: number;
  readonly truncated: boolean;
  readonly contentType?: string;
}

/** Traffic of a performance job passes no recorder; those of its requests that carried a request id are kept with this lane. */
export const trafficLane = -1;

/** One HTTP exchange that was recorded. */
export interface Transaction {
  readonly id: string;
  readonly environment: string;
  /** The trace id sent to the service as `traceparent` and `X-Request-Id`. */
  readonly requestId: RequestId;
  /** Who asked: the stable id of a test attempt, or undefined when it belongs to the step only. */
  readonly testAttempt?: string;
  /** The recorder's lane; `trafficLane` for a sampled request of a performance job, which no recorder saw. */
  readonly lane: number;
  /** http | ws | sse | tunnel (bytes only: CONNECT to something that is not HTTP). */
  readonly kind: "http" | "ws" | "sse" | "tunnel";
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  readonly requestHeaders: readonly Header[];
  readonly responseHeaders: readonly Header[];
  readonly requestBody?: BodyRef;
  readonly responseBody?: BodyRef;
  readonly startedAt: number;
  readonly firstByteMs?: number;
  readonly durationMs: number;
  /** Why there was no answer: `ECONNREFUSED api:8000`. */
  readonly error?: string;
}

/** One request to a mock: what a service, or a test itself, asked of an outside system that is played. */
export interface OutsideCall {
  readonly id: string;
  readonly environment: string;
  /** The mock's name. */
  readonly mock: string;
  /** Absent when the caller passed none on: then nothing says who caused the call. */
  readonly requestId?: RequestId;
  /** Id of the transaction that caused it, and the test attempt that asked for that. */
  readonly transaction?: string;
  readonly testAttempt?: string;
  /** A step asked the mock itself, as tests do that read a mailbox: it is shown and never judged. */
  readonly direct: boolean;
  readonly method: string;
  readonly url: string;
  /** Absent when a fault left the caller without an answer. */
  readonly status?: number;
  readonly fault?: string;
  readonly answeredBy: "stub" | "contract" | "proxy" | "nothing";
  readonly stub?: OutsideStub;
  /** False when there is an OpenAPI document and it has no such operation. */
  readonly declared: boolean;
  readonly violations: readonly ContractViolation[];
  /** Of a call that nothing answered: the stub that came closest, and in what it differs. */
  readonly nearest?: { readonly stub: OutsideStub; readonly differences: readonly string[] };
  readonly requestHeaders: readonly Header[];
  readonly responseHeaders: readonly Header[];
  readonly requestBody?: BodyRef;
  readonly responseBody?: BodyRef;
  readonly startedAt: number;
  readonly durationMs: number;
  /** Of `durationMs`, what a stub asked for. */
  readonly delayMs: number;
}

export interface OutsideStub {
  readonly id: string;
  readonly name?: string;
  /** Where it was written, relative to the project; absent when it was injected while the environment ran. */
  readonly file?: string;
}

/** Where a call or its answer disagrees with an OpenAPI document. */
export interface ContractViolation {
  readonly side: "request" | "response";
  /** `query.limit`, `body/items/0/price`. */
  readonly at: string;
  readonly message: string;
  /** `specs/mail.yaml#/paths/~1messages/post/requestBody`. */
  readonly rule: string;
}

/** One, possibly multi-line, record of a service. `sequence` grows by one per service of an environment. */
export interface LogRecord {
  readonly environment: string;
  readonly service: string;
  readonly sequence: number;
  readonly at: number;
  readonly stream: "stdout" | "stderr" | "system";
  readonly level?: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
  readonly text: string;
  readonly requestId?: RequestId;
}

export type TestStatus = "passed" | "failed" | "skipped" | "error";

/** One execution of one test. Retries of the same test share `testId`. */
export interface TestAttempt {
  /** `${testId}#${attempt}` */
  readonly id: string;
  /** Stable across runs: hash of file, title path and project. */
  readonly testId: string;
  readonly file: string;
  readonly titlePath: readonly string[];
  readonly project?: string;
  readonly attempt: number;
  readonly status: TestStatus;
  readonly startedAt?: number;
  readonly durationMs: number;
  readonly error?: { readonly message: string; readonly stack?: string };
  readonly output?: string;
  readonly attachments: readonly { readonly name: string; readonly path: string; readonly contentType?: string }[];
}

/** What a test amounts to after its attempts: flaky when a failure was followed by a pass. */
export type TestOutcome = "passed" | "failed" | "flaky" | "skipped";

export interface Coverage {
  readonly files: readonly FileCoverage[];
}

/** Line numbers count from 1; `hits` has one entry per executable line. */
export interface FileCoverage {
  readonly path: string;
  readonly hits: Readonly<Record<number, number>>;
}

/** Coverage of the lines that the change added or altered. */
export interface PatchCoverage {
  readonly coveredLines: number;
  readonly executableLines: number;
  readonly files: readonly { readonly path: string; readonly covered: readonly number[]; readonly missed: readonly number[] }[];
}

/** A finding of a linter or scanner, as SARIF has it. */
export interface CodeFinding {
  readonly tool: string;
  readonly rule?: string;
  readonly level: "error" | "warning" | "note" | "none";
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}
