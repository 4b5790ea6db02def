import type { MockRequest } from "../../request/mock-request.ts";
import type { Operation, SecurityRequirement, SecurityScheme } from "../reading/operation.ts";
import type { Fault } from "./judge-values.ts";

/**
 * Whether a request brings what one of the requirements asks for. Only that something is there is judged: which keys and
 * tokens are good is the mocked system's secret. Empty when it does, or when nothing is asked for.
 */
export function judgeSecurity(operation: Operation, request: MockRequest): readonly Fault[] {
  const { security } = operation;
  if (security.length === 0) return [];
  const missing = security.map((requirement) => missingOf(requirement, request));
  if (missing.some((faults) => faults.length === 0)) return [];
  // The requirement that lacks least is what the caller meant.
  const nearest = missing.reduce((best, faults) => (faults.length < best.length ? faults : best));
  if (security.length === 1) return nearest;
  return nearest.map((fault) => ({ ...fault, message: `${fault.message} (or one of ${security.length - 1} other ways)` }));
}

function missingOf(requirement: SecurityRequirement, request: MockRequest): readonly Fault[] {
  return requirement.schemes.flatMap((scheme) => {
    const fault = faultOf(scheme, request);
    return fault === undefined ? [] : [{ ...fault, rule: requirement.node }];
  });
}

function faultOf(scheme: SecurityScheme, request: MockRequest): { readonly at: string; readonly message: string } | undefined {
  switch (scheme.kind) {
    case "mutualTls":
      return undefined;
    case "apiKey": {
      const given = keysOf(scheme, request).some((value) => value !== "");
      const at = `${scheme.in}.${scheme.in === "header" ? scheme.key.toLowerCase() : scheme.key}`;
      return given ? undefined : { at, message: `is missing: "${scheme.name}" asks for a key` };
    }
    case "http": {
      const [name = "", credentials = ""] = (request.header("authorization")[0] ?? "").trim().split(/\s+/, 2);
      const at = "header.authorization";
      if (name === "") return { at, message: `is missing: "${scheme.name}" asks for ${scheme.scheme} credentials` };
      if (name.toLowerCase() !== scheme.scheme) return { at, message: `must begin with ${scheme.scheme}, got ${name}` };
      if (credentials === "") return { at, message: `has no credentials after ${name}` };
      if (scheme.scheme === "basic" && !Buffer.from(credentials, "base64").includes(":")) {
        return { at, message: "must be a name and a password, joined by a colon, in base64" };
      }
      return undefined;
    }
  }
}

function keysOf(scheme: Extract<SecurityScheme, { kind: "apiKey" }>, request: MockRequest): readonly string[] {
  if (scheme.in === "header") return request.header(scheme.key);
  return (scheme.in === "query" ? request.query : request.cookies).get(scheme.key) ?? [];
}

/** What a 401 names: one challenge for each HTTP scheme that would do. */
export function challenges(operation: Operation): readonly string[] {
  const names = operation.security.flatMap(({ schemes }) => schemes.flatMap((scheme) => (scheme.kind === "http" ? [scheme.scheme] : [])));
  return [...new Set(names)].map((name) => `${name[0]?.toUpperCase() ?? ""}${name.slice(1)} realm="mock"`);
}
