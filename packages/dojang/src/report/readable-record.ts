/** Fields that stand beside the record already, or say nothing to a reader. */
const besides = new Set(
  "level severity time timestamp ts @timestamp service name pid hostname v msg message err error stack trace_id traceId span_id spanId trace_flags".split(
    " ",
  ),
);
const longestValue = 200;

/**
 * A structured record as a person would write it: the message, the other fields as `key=value`, then the error's stack.
 * `{"level":50,"msg":"PATCH /x failed","status":500,"err":{"stack":"Error: no\n  at f"}}` gives
 * `PATCH /x failed status=500` and the stack below. Any other text is returned as it is.
 */
export function readableRecord(text: string): string {
  const fields = parseObject(text);
  if (fields === undefined) return text;
  const error = fields.err ?? fields.error;
  const stack = stackOf(error) ?? (typeof fields.stack === "string" ? fields.stack : undefined);
  const message = [fields.msg, fields.message].find((value) => typeof value === "string" && value !== "");
  if (message === undefined && stack === undefined) return text;
  const rest = Object.entries(fields)
    .filter(([key]) => !besides.has(key))
    .map(([key, value]) => `${key}=${shown(value)}`);
  const head = [message ?? stack?.split("\n")[0], ...rest].join(" ");
  return stack === undefined ? head : `${head}\n${stack}`;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    // An object literal was asked for by the brace.
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function stackOf(error: unknown): string | undefined {
  if (typeof error === "string") return error;
  if (typeof error !== "object" || error === null) return undefined;
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  if (typeof stack === "string") return stack;
  return typeof message === "string" ? message : undefined;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const quoted = /\s/.test(text) && typeof value === "string" ? JSON.stringify(text) : text;
  return quoted.length > longestValue ? `${quoted.slice(0, longestValue)}…` : quoted;
}
