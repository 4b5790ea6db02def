import type { Violation } from "../../journal/serve-event.ts";
import type { ResponseDefinition } from "../../mapping/stub-mapping.ts";
import type { MockRequest } from "../../request/mock-request.ts";
import { placeOf } from "../documents/document-node.ts";
import type { RequestFaults } from "../messages/judge-request.ts";
import { challenges } from "../messages/judge-security.ts";
import type { Fault } from "../messages/judge-values.ts";
import type { Operation } from "../reading/operation.ts";
import type { ServedPaths } from "../routing/served-paths.ts";
import { problemAnswer } from "./problem-answer.ts";

/** By kind, the accepted types included. */
export interface AllFaults extends RequestFaults {
  readonly accept: readonly Fault[];
}

export function toViolations(faults: readonly Fault[], side: Violation["side"]): readonly Violation[] {
  return faults.map(({ at, message, rule }) => ({ side, at, message, rule: placeOf(rule) }));
}

/**
 * Strict mode's answer to a request that breaks the contract: 401 when credentials are missing, 415 for a body of another type,
 * then 422 or 400, whichever is declared (422 when neither is), last 406. It names every violation, whatever the status.
 */
export function refusal(operation: Operation, faults: AllFaults): ResponseDefinition | undefined {
  const all = [...faults.security, ...faults.mediaType, ...faults.values, ...faults.accept];
  const first = all[0];
  if (first === undefined) return undefined;
  const status = statusFor(operation, faults);
  return problemAnswer({
    status,
    title: "The request breaks the contract.",
    detail: `${operation.name}: ${first.at} ${first.message}${all.length > 1 ? `, and ${all.length - 1} more` : ""}.`,
    violations: toViolations(all, "request"),
    headers: headersFor(operation, status),
  });
}

function statusFor(operation: Operation, faults: AllFaults): number {
  if (faults.security.length > 0) return 401;
  if (faults.mediaType.length > 0) return 415;
  if (faults.values.length > 0) return invalidStatus(operation);
  return 406;
}

/** What an operation answers to values that are not allowed. */
export function invalidStatus(operation: Operation): number {
  const declares = (code: string) => operation.responses.some((response) => response.code === code);
  return declares("422") || !declares("400") ? 422 : 400;
}

function headersFor(operation: Operation, status: number): Readonly<Record<string, string>> {
  if (status === 401) {
    const names = challenges(operation).join(", ");
    return names === "" ? {} : { "WWW-Authenticate": names };
  }
  if (status === 415) return { Accept: operation.requestBody?.content.map(({ type }) => type).join(", ") ?? "" };
  return {};
}

/** Strict mode's answer to what no document declares: 405 for another method of a declared path, else 404. */
export function undeclared(paths: ServedPaths, request: MockRequest): ResponseDefinition {
  const methods = paths.methods(request);
  if (methods.length > 0) {
    const allowed = methods.join(", ");
    return problemAnswer({
      status: 405,
      title: "The contract does not declare this method.",
      detail: `${request.method} ${request.path} is not declared; the path has ${allowed}.`,
      headers: { Allow: allowed },
    });
  }
  const nearest = paths.nearest(request.path);
  return problemAnswer({
    status: 404,
    title: "The contract does not declare this path.",
    detail: `${request.method} ${request.path} is not declared${nearest === undefined ? "" : `; nearest is ${nearest}`}.`,
    more: { nearest: nearest ?? null },
  });
}
