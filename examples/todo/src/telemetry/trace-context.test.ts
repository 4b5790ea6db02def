import { describe, expect, test } from "vitest";
import { continueTrace, currentTrace, formatTraceparent, runInTrace, traceHeaders } from "./trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("the trace of a request", () => {
  test("goes on with the caller's trace id and a span of its own", () => {
    const trace = continueTrace(`00-${traceId}-00f067aa0ba902b7-01`);

    expect(trace.traceId).toBe(traceId);
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(trace.spanId).not.toBe("00f067aa0ba902b7");
    expect(trace.flags).toBe("01");
  });

  test.each([
    ["nothing", undefined],
    ["another format", "nonsense"],
    ["upper case", `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
    ["a parent of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["the forbidden version", `ff-${traceId}-00f067aa0ba902b7-01`],
  ])("begins anew with %s", (_case, header) => {
    const trace = continueTrace(header);

    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(trace.traceId).not.toBe(traceId);
  });

  test("understands a later version with fields it does not know", () => {
    expect(continueTrace(`01-${traceId}-00f067aa0ba902b7-01-more`).traceId).toBe(traceId);
  });

  test("is at hand in everything that the work awaits, and nowhere else", async () => {
    const trace = continueTrace(undefined);

    const headers = await runInTrace(trace, async () => {
      await Promise.resolve();
      return traceHeaders();
    });

    expect(headers).toEqual({ traceparent: formatTraceparent(trace), "x-request-id": trace.traceId });
    expect(currentTrace()).toBeUndefined();
    expect(traceHeaders()).toEqual({});
  });
});
