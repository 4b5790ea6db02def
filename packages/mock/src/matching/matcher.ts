import type { MultiValuePattern, RequestPattern, ValuePattern } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";

/** Something a matcher noticed, kept with the request in the journal: "the body is not JSON". `type` as WireMock: INFO, WARNING, ERROR, JSON_ERROR, XML_ERROR... */
export interface SubEvent {
  readonly type: string;
  /** Nanoseconds since the request came in. */
  readonly timeOffsetNanos: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Receives what matchers notice. Absent where nobody will read it. */
export type Notice = (type: string, data: Readonly<Record<string, unknown>>) => void;

/**
 * A compiled content pattern. Never throws and never runs longer than a bounded time, whatever pattern and value are:
 * what cannot be evaluated does not match, and says so through `notice`.
 */
export interface ValueMatcher {
  readonly pattern: ValuePattern;
  /** `undefined` is a value that is absent. A Buffer is a body; matchers of text read it as UTF-8. */
  matches(value: MatchedValue, notice?: Notice): boolean;
  /** 0 for a match to 1 for nothing in common, as WireMock ranks near misses. */
  distance(value: MatchedValue): number;
  /** What the pattern asks for, in words, for the page that explains a miss: `/\d+/ (regex)`. */
  describe(): string;
}

export type MatchedValue = string | Buffer | undefined;

/** A header, query or form parameter may have several values: a ValuePattern matches when any value does. */
export interface MultiValueMatcher {
  readonly pattern: MultiValuePattern;
  matches(values: readonly string[], notice?: Notice): boolean;
  distance(values: readonly string[]): number;
  describe(): string;
}

/** A compiled request pattern. Cheap conditions first. Never throws. */
export interface RequestMatcher {
  readonly pattern: RequestPattern;
  matches(request: MockRequest, notice?: Notice): boolean;
  /** Weighted as WireMock weighs, so that near misses come in the same order. */
  distance(request: MockRequest): number;
  /** Path variables of a urlPathTemplate; undefined without one. */
  pathParameters(request: MockRequest): Readonly<Record<string, string>> | undefined;
}
