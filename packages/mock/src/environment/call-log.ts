import type { PlayedCall } from "./feed-format.ts";

/**
 * The line of a call in the mock's log: what was asked, what answered, how long it took; with the request id before it, as the
 * services' preload stamps lines, so that the log of a request has it too.
 */
export function callLine(call: PlayedCall): string {
  const { method, url, status, fault, durationMs, violations, requestId } = call;
  const stamp = requestId === undefined ? "" : `\u0001${requestId}\u0002`;
  const wrong = call.answeredBy === "nothing" || violations.length > 0 || !call.declared;
  const [violation] = violations;
  const why = [
    call.answeredBy === "nothing" ? call.nearest?.differences[0] : undefined,
    violation === undefined ? undefined : `${violation.side} ${violation.at}: ${violation.message}`,
    call.answeredBy !== "nothing" && !call.declared ? "not in the contract" : undefined,
  ].filter((part) => part !== undefined);
  const text = `${method} ${url} -> ${fault ?? status} by ${answererOf(call)} in ${durationMs} ms${why.length === 0 ? "" : `; ${why.join("; ")}`}`;
  // A caller's line break must not begin a line of its own.
  return `${stamp}${wrong ? "WARN" : "INFO"} ${text.replaceAll(/[\r\n\u0001\u0002]+/g, " ").slice(0, 2_000)}`;
}

function answererOf({ answeredBy, stub, nearest }: PlayedCall): string {
  if (answeredBy === "stub") return `stub ${stub?.name ?? stub?.id}`;
  if (answeredBy === "nothing") return nearest === undefined ? "nothing" : `nothing, nearest stub ${nearest.stub.name ?? nearest.stub.id}`;
  return answeredBy;
}
