import type { Buffer } from "node:buffer";
import { show } from "../documents/document-node.ts";
import type { DeclaredResponse, MediaType, Operation } from "../reading/operation.ts";
import { judgeBody } from "./judge-bodies.ts";
import { judgeHeader } from "./judge-parameters.ts";
import type { Fault, Judging } from "./judge-values.ts";
import { bodyForm, mediaTypeFor } from "./media-type.ts";

export interface ResponseToJudge {
  /** Of the request; the operation's unless said: GET answers HEAD too. */
  readonly method?: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Undefined when it is not known: then nothing is said about it. */
  readonly body: Buffer | undefined;
  /** Headers whose value is not known yet: nothing is said about them either. */
  readonly unknownHeaders?: ReadonlySet<string>;
}

/** The response that a status is declared by: itself, its range, else `default`. */
export function declaredResponse(operation: Operation, status: number): DeclaredResponse | undefined {
  const wanted = [String(status), `${Math.floor(status / 100)}XX`, "default"];
  return wanted.flatMap((code) => operation.responses.find((response) => response.code === code) ?? [])[0];
}

export function judgeResponse(operation: Operation, response: ResponseToJudge, judging: Judging): readonly Fault[] {
  // Of an operation that says nothing about its answers, every answer is right.
  if (operation.responses.length === 0) return [];
  const declared = declaredResponse(operation, response.status);
  if (declared === undefined) {
    const codes = operation.responses.map(({ code }) => code).join(", ");
    return [
      {
        at: "status",
        message: `${response.status} is not declared by ${operation.name}; declared: ${codes}`,
        rule: operation.responsesNode,
      },
    ];
  }
  const judged = declared.headers.filter(({ name }) => response.unknownHeaders?.has(name.toLowerCase()) !== true);
  const headers = judged.flatMap((header) => judgeHeader(header, response.headers.get(header.name.toLowerCase()), judging));
  return [...headers, ...judgeResponseBody(operation, declared, response, judging)];
}

/** What no body follows: the answer to HEAD, and statuses that have none. */
export function isBodiless(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304 || (status >= 100 && status < 200);
}

function judgeResponseBody(
  operation: Operation,
  declared: DeclaredResponse,
  { status, headers, body, method = operation.method }: ResponseToJudge,
  judging: Judging,
): readonly Fault[] {
  if (body === undefined || isBodiless(method, status) || declared.content.length === 0) return [];
  const contentType = headers.get("content-type");
  const content = contentType === undefined ? assumed(declared.content) : mediaTypeFor(contentType, declared.content);
  if (content === undefined) return contentType === undefined ? [] : undeclaredType(declared, contentType);
  const form = bodyForm(contentType ?? content.type);
  if (body.length === 0 && (form === "json" || form === "xml")) return [{ at: "body", message: "is missing", rule: content.node }];
  const text = { bytes: body, text: body.toString("utf8"), parts: [] };
  // Parts of an answer are not taken apart: mocks do not send forms.
  if (form === "multipart") return [];
  return judgeBody(content, contentType ?? content.type, text, { at: "body", direction: "response", judging, size: body.length });
}

/** A stub often leaves the header out; of a single declared type, or where JSON is declared, it is plain what was meant. */
function assumed(content: readonly MediaType[]): MediaType | undefined {
  return content.length === 1 ? content[0] : content.find(({ type }) => bodyForm(type) === "json");
}

function undeclaredType(declared: DeclaredResponse, contentType: string): readonly Fault[] {
  const types = declared.content.map(({ type }) => type).join(", ");
  return [{ at: "header.content-type", message: `must be one of ${types}, got ${show(contentType)}`, rule: declared.node }];
}
