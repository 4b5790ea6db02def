import type { Header } from "@dojang/model";
import type { MockOptions } from "../contract.ts";
import type { JsonValue } from "../json/json-value.ts";
import { compactJson } from "../json/print-json.ts";
import type { ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import type { Answer } from "./exchange.ts";

/** The answer that a definition describes, given its body. `stub` is named in it when there is one. */
export function stubAnswer(definition: ResponseDefinition, body: Buffer, stub: StubMapping | undefined, options: MockOptions): Answer {
  const policy = options.chunkedEncoding ?? "always";
  const fromFile = definition.body?.kind === "bodyFileName";
  const headers = [...headersOf(definition), ...(stub === undefined ? [] : stubHeaders(stub))];
  return {
    // As WireMock, which takes 0 for a status that was left out.
    status: definition.status === 0 ? 200 : definition.status,
    ...(definition.statusMessage === undefined ? {} : { statusMessage: definition.statusMessage }),
    headers,
    ...(hasSeveralTypes(headers) ? { severalTypes: true } : {}),
    body,
    addLength: policy === "never" || (policy === "body_file" && !fromFile),
  };
}

export function hasSeveralTypes(headers: readonly Header[]): boolean {
  return headers.filter(({ name }) => name.toLowerCase() === "content-type").length > 1;
}

export function headersOf(definition: ResponseDefinition): readonly Header[] {
  const headers: Header[] = [];
  for (const [name, values] of Object.entries(definition.headers ?? {})) {
    for (const value of typeof values === "string" ? [values] : values) headers.push({ name, value });
  }
  return headers;
}

/** Of a body that stands in the definition itself. Text is UTF-8, whatever its Content-Type says: so it is in WireMock. */
export function inlineBody(definition: ResponseDefinition): Buffer {
  const { body } = definition;
  switch (body?.kind) {
    case "body":
      return Buffer.from(body.text, "utf8");
    case "jsonBody":
      // Safe: a stub's JSON was read by our own reader.
      return Buffer.from(asJacksonWrites(compactJson(body.value as JsonValue)), "utf8");
    case "base64Body":
      return Buffer.from(body.base64, "base64");
    default:
      return noBytes;
  }
}

/** As bytes, Jackson writes what lies beyond the basic plane as two escapes. */
function asJacksonWrites(json: string): string {
  return json.replace(/[\ud800-\udfff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase()}`);
}

function stubHeaders(stub: StubMapping): readonly Header[] {
  const headers: Header[] = [{ name: "Matched-Stub-Id", value: stub.id }];
  // A header cannot carry more than ASCII.
  if (stub.name !== undefined) headers.push({ name: "Matched-Stub-Name", value: stub.name.replace(/[^\x00-\x7f]/gu, "?") });
  return headers;
}

const noBytes = Buffer.alloc(0);
