import type { LoadError } from "../result/load-result.ts";

/**
 * A scenario as a program: the default export of a module. It is called once for each session and may ask as often as it likes; each
 * request is counted and measured as those of a YAML scenario are. In the open model a request waits for the next arrival of the rate,
 * in the closed model it is sent at once. What it throws is counted as an error of kind `script`, with file and line.
 *
 *     export default async function visit({ http, check, think }) {
 *       const list = await http.post("/lists", { json: { title: "a list" } });
 *       check("a list has an id", list.value("$.id") !== undefined);
 *       await think("100ms-1s");
 *       await http.get(`/lists/${list.value("$.id")}`);
 *     }
 */
export type Visit = (context: VisitContext) => Promise<void>;

export interface VisitContext {
  readonly http: VisitHttp;
  readonly session: VisitSession;
  /** Counted by name; one that does not hold is an error of kind `check` of the request before it. Gives `holds` back. */
  readonly check: (name: string, holds: boolean) => boolean;
  /** Waits: milliseconds, "500ms", or anything between two: "1s-3s". */
  readonly think: (time: number | string) => Promise<void>;
  /** By name of the data file: the row of this session, column by column. */
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `variables` of the scenario, and `env` as "env.NAME". */
  readonly variables: Readonly<Record<string, string>>;
  /** Of the run's seed and the session's number: two runs draw the same. */
  readonly random: VisitRandom;
  /** Aborted when the run is over. Nothing that is asked afterwards is sent. */
  readonly signal: AbortSignal;
}

export interface VisitHttp {
  get(path: string, options?: VisitRequest): Promise<VisitAnswer>;
  post(path: string, options?: VisitRequest): Promise<VisitAnswer>;
  put(path: string, options?: VisitRequest): Promise<VisitAnswer>;
  patch(path: string, options?: VisitRequest): Promise<VisitAnswer>;
  delete(path: string, options?: VisitRequest): Promise<VisitAnswer>;
  head(path: string, options?: VisitRequest): Promise<VisitAnswer>;
  /**
   * Path and query, as `/lists?page=2`. Rejects with a `RequestFailedError` when no answer came: the failure is counted with the
   * request, and a visit that it ends is not counted again. An answer from 400 on is an error too, but is given back.
   */
  request(method: string, path: string, options?: VisitRequest): Promise<VisitAnswer>;
}

export interface VisitRequest {
  /** What reports and objectives call it; method and path unless told, with `:id` for numbers and ids. */
  readonly name?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Statuses that are no error; below 400 unless told. */
  readonly expect?: number | readonly number[];
}

export interface VisitAnswer {
  readonly status: number;
  /** Whether its status was expected. */
  readonly ok: boolean;
  /** The first of that name, in any case. */
  header(name: string): string | undefined;
  /** Of a body the first MiB is kept. */
  readonly bytes: Uint8Array;
  text(): string;
  /** Throws a SyntaxError for what is no JSON. */
  json<Value = unknown>(): Value;
  /** A place in a JSON body as text: `$.items[0].id`. */
  value(path: string): string | undefined;
}

export interface VisitSession {
  /** Counts from 0, over all threads without repeats. */
  readonly number: number;
  readonly cookies: {
    get(name: string): string | undefined;
    set(name: string, value: string): void;
    clear(): void;
  };
}

export interface VisitRandom {
  /** 0 <= x < 1. */
  number(): number;
  /** Both ends included. */
  int(from: number, to: number): number;
  /** Letters and digits. */
  text(length: number): string;
  uuid(): string;
  /** Throws a RangeError for an empty list. */
  pick<Item>(items: readonly Item[]): Item;
}

/** No answer came: refused, reset, timed out. */
export class RequestFailedError extends Error {
  readonly kind: LoadError;
  /** Of the request. */
  readonly request: string;

  constructor(kind: LoadError, { request, detail }: { readonly request: string; readonly detail: string }) {
    super(`${request}: ${detail}`);
    this.name = "RequestFailedError";
    this.kind = kind;
    this.request = request;
  }
}
