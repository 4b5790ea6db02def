import type { Finding } from "@dojang/model";
import type { DocumentParts } from "./document-parts.ts";
import { isMapping } from "./documents/document-node.ts";
import type { OpenApiDocument } from "./documents/openapi-document.ts";
import { bodyForm } from "./messages/media-type.ts";
import { toFinding } from "./reading/findings.ts";
import type { MediaType, NamedExample } from "./reading/operation.ts";
import type { ServedPaths } from "./routing/served-paths.ts";
import type { Direction } from "./schemas/lower-schema.ts";

interface Checking {
  readonly paths: ServedPaths;
  readonly parts: ReadonlyMap<OpenApiDocument, DocumentParts>;
}

const mostTold = 100;

/** Examples that their own schema refuses. They are answered as they are: the document's author wrote them. */
export function checkExamples({ paths, parts }: Checking): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const operation of paths.all()) {
    const own = parts.get(operation.document);
    if (own === undefined) continue;
    const contents = [
      ...(operation.requestBody?.content ?? []).map((content) => ({ content, direction: "request" as const })),
      ...operation.responses.flatMap((response) => response.content.map((content) => ({ content, direction: "response" as const }))),
    ];
    for (const { content, direction } of contents) {
      for (const finding of wrongExamples(content, direction, own)) {
        if (found.size >= mostTold) return [...found.values()];
        found.set(`${finding.place.file} ${finding.place.path}`, finding);
      }
    }
  }
  return [...found.values()];
}

function wrongExamples(content: MediaType, direction: Direction, { judge }: DocumentParts): readonly Finding[] {
  const { schema, examples, type } = content;
  // Forms, XML and bytes are shown as text, which says nothing about the schema.
  if (schema === undefined || bodyForm(type) !== "json") return [];
  return examples.flatMap((example) => wrongExample(example, judge.errors(schema, direction, example.value?.value)));
}

function wrongExample({ name, value }: NamedExample, errors: ReturnType<DocumentParts["judge"]["errors"]>): readonly Finding[] {
  const [first] = errors;
  if (value === undefined || first === undefined) return [];
  const at = first.path.length === 0 ? "" : `${first.path.join("/")} `;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  const what = name === undefined ? "the example" : `the example "${name}"`;
  const quoted = isMapping(value.value) || typeof value.value !== "string" ? "" : "; an example of JSON is not quoted";
  return [
    toFinding({
      severity: "warning",
      code: "example-invalid",
      node: value,
      message: `${what} is not as its schema says: ${at}${first.message}${more}`,
      fix: `correct the example or the schema${quoted}`,
    }),
  ];
}
