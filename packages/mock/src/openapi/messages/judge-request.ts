import type { MockRequest } from "../../request/mock-request.ts";
import type { MediaType, Operation } from "../reading/operation.ts";
import type { Route } from "../routing/served-paths.ts";
import { judgeBody } from "./judge-bodies.ts";
import { judgeParameter, parameterSource } from "./judge-parameters.ts";
import { judgeSecurity } from "./judge-security.ts";
import type { Fault, Judging } from "./judge-values.ts";
import { mediaTypeFor } from "./media-type.ts";

/** By kind, for each kind has a status of its own. */
export interface RequestFaults {
  readonly security: readonly Fault[];
  readonly mediaType: readonly Fault[];
  readonly values: readonly Fault[];
}

/** Everything in which a request disagrees with its operation, what it accepts aside. */
export function judgeRequest(route: Route, request: MockRequest, judging: Judging): RequestFaults {
  const { operation, variables } = route;
  const source = parameterSource(request, variables);
  const parameters = operation.parameters.flatMap((parameter) => judgeParameter(parameter, source, judging));
  const body = judgeRequestBody(operation, request, judging);
  return { security: judgeSecurity(operation, request), mediaType: body.mediaType, values: [...parameters, ...body.values] };
}

function judgeRequestBody(operation: Operation, request: MockRequest, judging: Judging): Omit<RequestFaults, "security"> {
  const { requestBody } = operation;
  if (requestBody === undefined) return { mediaType: [], values: [] };
  const { content, required, node } = requestBody;
  if (request.body.length === 0) {
    return { mediaType: [], values: required ? [{ at: "body", message: "is missing", rule: node }] : [] };
  }
  if (content.length === 0) return { mediaType: [], values: [] };
  const contentType = request.header("content-type")[0];
  const declared = contentType === undefined ? undefined : mediaTypeFor(contentType, content);
  if (declared === undefined || contentType === undefined) {
    const types = content.map(({ type }) => type).join(", ");
    const message = contentType === undefined ? `is missing; allowed: ${types}` : `must be one of ${types}, got ${contentType}`;
    return { mediaType: [{ at: "header.content-type", message, rule: node }], values: [] };
  }
  return { mediaType: [], values: judgeDeclaredBody(declared, contentType, request, judging) };
}

function judgeDeclaredBody(declared: MediaType, contentType: string, request: MockRequest, judging: Judging): readonly Fault[] {
  const body = {
    bytes: request.body,
    get text() {
      return request.text;
    },
    get parts() {
      return request.parts;
    },
  };
  return judgeBody(declared, contentType, body, { at: "body", direction: "request", judging, size: request.body.length });
}
