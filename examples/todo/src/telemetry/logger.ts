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
      redact: ["req.headers.authorization", "req.headers.cookie", "password", "token"],
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
