import { randomFillSync } from "node:crypto";

/** W3C trace ids, made in batches: 32 hex digits for the trace, 16 for the span. */
export function createRequestIds(): () => { readonly requestId: string; readonly headers: string } {
  const pool = Buffer.alloc(24 * 512);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    const requestId = pool.toString("hex", at, at + 16);
    const span = pool.toString("hex", at + 16, at + 24);
    at += 24;
    return { requestId, headers: `traceparent: 00-${requestId}-${span}-01\r\nX-Request-Id: ${requestId}\r\n` };
  };
}
