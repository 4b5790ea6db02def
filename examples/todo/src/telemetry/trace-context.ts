import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";

/** W3C Trace Context (https://www.w3.org/TR/trace-context/): what joins the work that one request causes in every service. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits: this service's part of the trace. */
  readonly spanId: string;
  /** Two hex digits. */
  readonly flags: string;
}

const storage = new AsyncLocalStorage<TraceContext>();
const traceparentPattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** The caller's trace with a span of our own; a new trace when the header is absent or malformed. */
export function continueTrace(traceparent: string | undefined): TraceContext {
  const [, traceId, parentId, flags] = traceparentPattern.exec(traceparent ?? "") ?? [];
  const valid = traceId !== undefined && !/^0+$/.test(traceId) && !/^0+$/.test(parentId ?? "");
  return { traceId: valid ? traceId : hex(16), spanId: hex(8), flags: valid ? (flags ?? "01") : "01" };
}

export function formatTraceparent(context: TraceContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.flags}`;
}

export function runInTrace<Result>(context: TraceContext, work: () => Result): Result {
  return storage.run(context, work);
}

export function currentTrace(): TraceContext | undefined {
  return storage.getStore();
}

/** The headers that carry the current trace to the next service. */
export function traceHeaders(): Record<string, string> {
  const context = currentTrace();
  return context ? { traceparent: formatTraceparent(context), "x-request-id": context.traceId } : {};
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
