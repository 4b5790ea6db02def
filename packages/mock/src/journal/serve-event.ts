import type { Header } from "@dojang/model";
import type { ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import type { SubEvent } from "../matching/matcher.ts";
import type { MockRequest } from "../request/mock-request.ts";

/** One served request: an entry of the journal. */
export interface ServeEvent {
  /** The request's id. */
  readonly id: string;
  readonly request: MockRequest;
  /** Undefined when no stub matched. */
  readonly stub: StubMapping | undefined;
  /** What answered. */
  readonly answeredBy: "stub" | "contract" | "proxy" | "nothing";
  readonly responseDefinition: ResponseDefinition | undefined;
  readonly response: LoggedResponse;
  readonly timing: Timing;
  readonly subEvents: readonly SubEvent[];
  /** Where the request or its answer disagrees with the OpenAPI contract. */
  readonly violations: readonly Violation[];
}

export interface LoggedResponse {
  readonly status: number;
  readonly statusMessage?: string;
  readonly headers: readonly Header[];
  /** As sent before compression; capped by the journal. */
  readonly body: Buffer;
  readonly fault?: string;
}

/** Milliseconds. */
export interface Timing {
  readonly addedDelay: number;
  readonly processTime: number;
  readonly responseSendTime: number;
  readonly serveTime: number;
  readonly totalTime: number;
}

export interface Violation {
  readonly side: "request" | "response";
  /** Where in the message: `query.limit`, `body/items/0/price`. */
  readonly at: string;
  readonly message: string;
  /** The rule of the contract that it breaks: `api.yaml#/paths/~1things/get/parameters/0`. */
  readonly rule: string;
}

/**
 * The journal: a ring bounded by bytes (64 MiB unless told otherwise) and, when asked for, by entries. It says how many entries it
 * dropped. Bodies count by what is kept of them.
 */
export interface Journal {
  readonly enabled: boolean;
  /** Entries dropped to stay within bounds since the last clear. */
  readonly dropped: number;
  add(event: ServeEvent): void;
  /** Adds what was noticed after the answer (webhooks). */
  addSubEvent(id: string, event: SubEvent): void;
  /** Newest first. */
  all(): readonly ServeEvent[];
  get(id: string): ServeEvent | undefined;
  remove(id: string): boolean;
  removeWhere(matches: (event: ServeEvent) => boolean): readonly ServeEvent[];
  clear(): void;
}
