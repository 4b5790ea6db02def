import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { ServeEvent, Violation } from "../journal/serve-event.ts";
import type { Fault, ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import type { Notice, SubEvent } from "../matching/matcher.ts";
import type { MockRequest } from "../request/mock-request.ts";
import type { Answer, Exchange } from "./exchange.ts";

/** One request on its way through the mock: what is known of it and what was noticed. */
export interface Call {
  readonly exchange: Exchange;
  readonly request: MockRequest;
  readonly subEvents: SubEvent[];
  readonly notice: Notice;
  violations: readonly Violation[];
}

export function newCall(exchange: Exchange, request: MockRequest): Call {
  const subEvents: SubEvent[] = [];
  return {
    exchange,
    request,
    subEvents,
    notice: (type, data) => {
      // Several stubs may stumble over the same thing, which is one thing to know.
      if (subEvents.length >= maxSubEvents || subEvents.some((known) => known.type === type && isDeepStrictEqual(known.data, data))) return;
      subEvents.push(subEvent(exchange, type, data));
    },
    violations: noViolations,
  };
}

export function subEvent(exchange: Exchange, type: string, data: Readonly<Record<string, unknown>>): SubEvent {
  return { type, timeOffsetNanos: Math.round((performance.now() - exchange.startedAtMs) * 1e6), data };
}

/** What is to be answered, and how. */
export interface Reply {
  readonly answeredBy: ServeEvent["answeredBy"];
  readonly stub: StubMapping | undefined;
  /** As rendered; undefined when nothing matched. */
  readonly definition: ResponseDefinition | undefined;
  readonly answer: Answer;
  readonly fault?: Fault;
  readonly delayMs: number;
  readonly dribble?: { readonly numberOfChunks: number; readonly totalDuration: number };
}

const noViolations: readonly Violation[] = [];
const maxSubEvents = 100;
