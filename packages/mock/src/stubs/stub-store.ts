import type { JsonObject, ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import type { Notice, RequestMatcher } from "../matching/matcher.ts";
import type { MockRequest } from "../request/mock-request.ts";

/** A stub with everything that was prepared when it was injected. */
export interface PreparedStub {
  readonly stub: StubMapping;
  readonly matcher: RequestMatcher;
  /** Grows with every insertion: the newest wins among equal priorities. An edit keeps its place. */
  readonly insertion: number;
}

export interface FoundStub {
  readonly prepared: PreparedStub;
  /** `stub.response`, or the one of `stub.responses` whose turn it was. */
  readonly response: ResponseDefinition;
}

export interface Scenario {
  /** As WireMock: the name. */
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly possibleStates: readonly string[];
  readonly mappings: readonly StubMapping[];
}

/**
 * All stubs of one mock server, their scenarios and sequences. Synchronous: one request is matched against one state.
 * Looking up does not depend on the position or the number of stubs that cannot match: an index by method, host and literal
 * path prefix gives few candidates, in order of priority, then newest first.
 */
export interface StubStore {
  /** In the order WireMock lists them. */
  all(): readonly StubMapping[];
  get(id: string): StubMapping | undefined;
  /** Adds, or replaces the one with the same id. */
  add(stub: StubMapping): void;
  /** False when there is none with that id. */
  edit(stub: StubMapping): boolean;
  remove(id: string): StubMapping | undefined;
  clear(): void;
  /** Finds the stub for a request and takes its scenario and its sequence one step on. */
  find(request: MockRequest, notice?: Notice): FoundStub | undefined;
  prepared(): readonly PreparedStub[];
  byMetadata(matches: (metadata: JsonObject | undefined) => boolean): readonly StubMapping[];
  scenarios(): readonly Scenario[];
  resetScenarios(): void;
  /** False when there is no such scenario; a RangeError names a state that it does not have. */
  setScenarioState(name: string, state: string | undefined): boolean;
}
