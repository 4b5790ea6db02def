import { randomBytes } from "node:crypto";
import type { RequestId } from "@dojang/model";

/**
 * The request id of a transaction is a W3C trace id (https://www.w3.org/TR/trace-context/).
 *
 * A request that already carries a valid `traceparent` keeps it untouched, so a client that traces itself sees its own
 * trace, and several transactions may then share one request id. Any other request gets a fresh one. `X-Request-Id` is
 * added with the same value only when the client sent none: a test may well assert on the one it chose.
 */
export interface TraceDecision {
  readonly requestId: RequestId;
  /** Headers to add; empty when the client brought both. */
  readonly add: readonly (readonly [string, string])[];
  /** Names to take away first, lower case: an invalid traceparent would be dropped by every receiver. */
  readonly drop: readonly string[];
}

export function decideTrace(traceparent: string | undefined, xRequestId: string | undefined): TraceDecision {
  const carried = traceIdOf(traceparent);
  const requestId = carried ?? freshHex(16);
  const add: [string, string][] = [];
  if (carried === undefined) add.push(["traceparent", `00-${requestId}-${freshHex(8)}-01`]);
  if (xRequestId === undefined) add.push(["X-Request-Id", requestId]);
  return { requestId, add, drop: carried === undefined && traceparent !== undefined ? ["traceparent"] : [] };
}

/** The trace id of a valid traceparent; undefined for a missing or malformed one. */
export function traceIdOf(traceparent: string | undefined): RequestId | undefined {
  const match = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/.exec(traceparent?.trim() ?? "");
  const [, trace, span] = match ?? [];
  if (trace === undefined || /^0+$/.test(trace) || /^0+$/.test(span ?? "")) return undefined;
  return trace;
}

function freshHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
