import type { Violation } from "../../journal/serve-event.ts";
import type { Json, ResponseDefinition } from "../../mapping/stub-mapping.ts";

export interface ProblemDetails {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly violations?: readonly Violation[];
  readonly headers?: Readonly<Record<string, string>>;
  /** More members. */
  readonly more?: Readonly<Record<string, Json>>;
}

/** The mock's own word, where a document has none: problem details (RFC 9457). */
export function problemAnswer({ status, title, detail, violations, headers, more }: ProblemDetails): ResponseDefinition {
  const value = {
    title,
    status,
    detail,
    ...more,
    ...(violations !== undefined && { violations: violations.map(({ at, message, rule }) => ({ at, message, rule })) }),
  };
  return { status, headers: { "Content-Type": "application/problem+json", ...headers }, body: { kind: "jsonBody", value } };
}
