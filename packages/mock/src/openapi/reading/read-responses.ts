import type { DocumentNode } from "../documents/document-node.ts";
import { child, entries } from "../documents/document-node.ts";
import type { DocumentReader } from "./document-reader.ts";
import type { DeclaredHeader, DeclaredResponse, RequestBody } from "./operation.ts";
import { readContent, readExamples } from "./read-media-types.ts";

const responseKeys = ["description", "headers", "content", "links", "summary"];
const headerKeys = [
  "description",
  "required",
  "deprecated",
  "allowEmptyValue",
  "style",
  "explode",
  "schema",
  "example",
  "examples",
  "content",
];
const bodyKeys = ["description", "content", "required"];

export function readRequestBody(reader: DocumentReader, operation: DocumentNode): RequestBody | undefined {
  const node = reader.optionalMapping(operation, "requestBody", "a request body");
  if (node === undefined) return undefined;
  reader.misspelt(node, bodyKeys);
  return { node, required: reader.flag(node, "required") ?? false, content: readContent(reader, node) };
}

export function readResponses(reader: DocumentReader, operation: DocumentNode): readonly DeclaredResponse[] {
  const responses = reader.optionalMapping(operation, "responses", "`responses`");
  if (responses === undefined) return [];
  return entries(responses).flatMap(([written, given]) => {
    if (written.startsWith("x-")) return [];
    const code = written === "default" ? written : written.toUpperCase();
    if (!/^([1-5][0-9]{2}|[1-5]XX|default)$/.test(code)) {
      reader.report(given, {
        code: "openapi-value",
        message: `"${written}" is not a status`,
        fix: "write a status such as 200, a range such as 2XX, or default",
      });
      return [];
    }
    const node = reader.mapping(given, "a response");
    return node === undefined ? [] : [readResponse(reader, code, node)];
  });
}

function readResponse(reader: DocumentReader, code: string, node: DocumentNode): DeclaredResponse {
  reader.misspelt(node, responseKeys);
  if (child(node, "schema").value !== undefined) {
    reader.report(node, {
      key: "schema",
      code: "openapi-value",
      message: "the `schema` of a response stands outside `content`",
      fix: "this is Swagger 2.0: write `content: { application/json: { schema: ... } }`",
    });
  }
  return { code, node, headers: readHeaders(reader, node), content: readContent(reader, node) };
}

function readHeaders(reader: DocumentReader, response: DocumentNode): readonly DeclaredHeader[] {
  const headers = reader.optionalMapping(response, "headers", "`headers`");
  if (headers === undefined) return [];
  return entries(headers).flatMap(([name, given]) => {
    // Its media type says what the content type is.
    if (name.toLowerCase() === "content-type" || name.startsWith("x-dojang-")) return [];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      reader.report(given, { code: "openapi-value", message: `"${name}" is not a header's name`, fix: "rename it" });
      return [];
    }
    const node = reader.mapping(given, "a header");
    if (node === undefined) return [];
    reader.misspelt(node, headerKeys);
    const schema = reader.schema(node, "schema");
    return [
      {
        name,
        required: reader.flag(node, "required") ?? false,
        explode: reader.flag(node, "explode") ?? false,
        node,
        schema,
        content: schema === undefined ? readContent(reader, node)[0] : undefined,
        examples: readExamples(reader, node),
      },
    ];
  });
}
