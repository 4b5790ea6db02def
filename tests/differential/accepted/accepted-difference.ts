import { backendName } from "../backend.ts";
import { admin, type Step } from "../cases.ts";
import type { Difference } from "../compare-json.ts";
import type { WireAnswer } from "../wire-answer.ts";
import type { WireRequest } from "../wire-request.ts";

/** One difference between two answers to the same request. */
export interface Seen {
  readonly request: WireRequest;
  readonly wireMock: WireAnswer;
  readonly dojang: WireAnswer;
  readonly difference: Difference;
}

/** A difference that is meant to be. */
export interface AcceptedDifference {
  readonly title: string;
  readonly wireMock: string;
  readonly dojang: string;
  readonly reason: string;
  /** Shows it: a test fails when these steps no longer differ in what `covers` describes. */
  readonly example: readonly Step[];
  readonly covers: (seen: Seen) => boolean;
}

export function stub(request: object, response: object = { status: 200 }, rest: object = {}): WireRequest {
  return admin("POST", "/mappings", JSON.parse(JSON.stringify({ request, response, ...rest })));
}

export function get(url: string): WireRequest {
  return { method: "GET", url };
}

export function proxied(response: object = {}): WireRequest {
  return stub({ urlPattern: ".*" }, { proxyBaseUrl: backendName, ...response });
}
