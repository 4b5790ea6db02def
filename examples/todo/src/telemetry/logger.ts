import { type DestinationStream, type Logger, pino } from "pino";
import { currentTrace } from "./trace-context.ts";

export type { Logger };

/** One JSON object a line on stdout: time, level, service, trace_id of the request at hand, msg. Errors carry their stack under `err`. */
export function createLogger(options: { service: string; level: string; destination?: DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const trace = currentTrace();
        return trace ? { trace_id: trace.traceId, span_id: trace.spanId } : {};
      },
      serializers: { err: describeError },
      redact: ["req.headers.authorization", "req.headers.cookie", "password", "token"],
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** What helps: pino's own serializer also copies every constant that a DOMException or a pg error carries. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, detail, constraint } = error as { code?: unknown; detail?: unknown; constraint?: unknown };
  const cause = error.cause === undefined ? undefined : describeError(error.cause);
  return { type: error.name, message: error.message, code, detail, constraint, stack: error.stack, cause };
}
