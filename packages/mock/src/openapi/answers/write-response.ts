import type { ResponseDefinition } from "../../mapping/stub-mapping.ts";
import type { MockRequest } from "../../request/mock-request.ts";
import type { DocumentParts } from "../document-parts.ts";
import { isMapping } from "../documents/document-node.ts";
import { isBodiless } from "../messages/judge-response.ts";
import { negotiate } from "../messages/media-type.ts";
import type { DeclaredHeader, MediaType } from "../reading/operation.ts";
import type { ChosenResponse } from "./choose-response.ts";
import { concreteType, writeBody } from "./response-body.ts";

export interface Writing {
  readonly request: MockRequest;
  readonly parts: DocumentParts;
  readonly seed: readonly string[];
}

/** The declared type that the caller accepts; when none is, the first, for lenient mode answers anyway. */
export function contentFor(chosen: ChosenResponse, request: MockRequest): MediaType | undefined {
  return negotiate(request.header("accept"), chosen.declared.content) ?? chosen.declared.content[0];
}

/** A response with its declared headers and a value for its body. `headers` win over samples. */
export function writeResponse(
  chosen: ChosenResponse,
  { value, content, headers }: { value: unknown; content: MediaType | undefined; headers: Readonly<Record<string, string>> },
  writing: Writing,
): ResponseDefinition {
  const { request, parts } = writing;
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const sampled = chosen.declared.headers.filter(({ name }) => !given.has(name.toLowerCase()) && !framing.has(name.toLowerCase()));
  const all: Record<string, string> = {};
  for (const header of sampled) {
    const text = headerText(header, writing);
    if (text !== undefined) all[header.name] = text;
  }
  Object.assign(all, headers);
  if (content === undefined || value === undefined) return { status: chosen.status, headers: all };
  const contentType = concreteType(content.type, request.header("accept"), value);
  const bodiless = isBodiless(request.method, chosen.status);
  const body = bodiless ? undefined : writeBody(value, content, contentType, parts);
  return { status: chosen.status, headers: { "Content-Type": contentType, ...all }, ...(body !== undefined && { body }) };
}

/** Those that the server writes itself. */
const framing = new Set(["content-type", "content-length", "transfer-encoding", "connection", "keep-alive", "date", "content-encoding"]);

function headerText(header: DeclaredHeader, { parts, seed }: Writing): string | undefined {
  const shown = header.examples.find(({ value }) => value !== undefined)?.value;
  if (shown !== undefined) return simpleText(shown.value, header.explode);
  const schema = header.schema ?? header.content?.schema;
  if (schema === undefined) return undefined;
  const sample = parts.sampler.sample(schema, { seed: [...seed, `header ${header.name}`], direction: "response" });
  if (!sample.ok) return undefined;
  return header.content === undefined ? simpleText(sample.value, header.explode) : JSON.stringify(sample.value);
}

/** Style `simple`; a line end in a header would end it. */
function simpleText(value: unknown, explode: boolean): string {
  const text = Array.isArray(value)
    ? value.map(String).join(",")
    : isMapping(value)
      ? Object.entries(value)
          .map(([key, each]) => `${key}${explode ? "=" : ","}${String(each)}`)
          .join(",")
      : String(value ?? "");
  return text.replaceAll(/[\r\n\0]/g, " ");
}
