import { child, type DocumentNode, isMapping } from "../documents/document-node.ts";
import { adviceFor } from "../documents/openapi-document.ts";
import type { DocumentReader } from "./document-reader.ts";
import type { Parameter, ParameterPlace, ParameterStyle } from "./operation.ts";
import { readContent, readStyle } from "./read-media-types.ts";

const parameterKeys = [
  "name",
  "in",
  "description",
  "required",
  "deprecated",
  "allowEmptyValue",
  "style",
  "explode",
  "allowReserved",
  "schema",
  "example",
  "examples",
  "content",
];

const styles: Readonly<Record<ParameterPlace, readonly ParameterStyle[]>> = {
  path: ["simple", "label", "matrix"],
  query: ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
  header: ["simple"],
  cookie: ["form"],
};

const places: readonly ParameterPlace[] = ["path", "query", "header", "cookie"];

/** Described by the content and the security of an operation; a parameter of these names is ignored, as the specification asks. */
const ignoredHeaders = new Set(["accept", "content-type", "authorization"]);

/** Those of one list; a name may stand once in each place. */
export function readParameters(reader: DocumentReader, parent: DocumentNode): readonly Parameter[] {
  const found = new Map<string, Parameter>();
  for (const given of reader.list(parent, "parameters")) {
    const node = reader.mapping(given, "a parameter");
    const parameter = node === undefined ? undefined : readParameter(reader, node);
    if (parameter === undefined) continue;
    const key = parameterKey(parameter);
    if (found.has(key)) {
      reader.report(given, {
        severity: "warning",
        code: "openapi-repeated",
        message: `the ${parameter.in} parameter "${parameter.name}" is declared twice, and this one counts`,
        fix: "remove one of them",
      });
    }
    found.set(key, parameter);
  }
  return [...found.values()];
}

/** Those of the operation win over those of its path. */
export function mergeParameters(ofPath: readonly Parameter[], ofOperation: readonly Parameter[]): readonly Parameter[] {
  if (ofOperation.length === 0) return ofPath;
  if (ofPath.length === 0) return ofOperation;
  const own = new Set(ofOperation.map(parameterKey));
  return [...ofPath.filter((parameter) => !own.has(parameterKey(parameter))), ...ofOperation];
}

function parameterKey({ name, in: place }: Parameter): string {
  return `${place} ${place === "header" ? name.toLowerCase() : name}`;
}

function readParameter(reader: DocumentReader, node: DocumentNode): Parameter | undefined {
  reader.misspelt(node, parameterKeys);
  const name = reader.text(node, "name");
  const written = reader.text(node, "in");
  const place = places.find((each) => each === written);
  if (name === undefined || name === "") {
    reader.report(node, { code: "openapi-value", message: "this parameter has no `name`", fix: "add `name:`" });
    return undefined;
  }
  if (place === undefined) {
    const body = written === "body" || written === "formData";
    reader.report(node, {
      code: "openapi-value",
      message: `the parameter "${name}" must be in one of ${places.join(", ")}, got ${written ?? "nothing"}`,
      fix: body ? "this is Swagger 2.0: write `requestBody:` instead" : () => adviceFor(written ?? "", places, "places"),
    });
    return undefined;
  }
  if (place === "header" && ignoredHeaders.has(name.toLowerCase())) return undefined;
  const content = readContent(reader, node);
  const schema = reader.schema(node, "schema");
  if (schema !== undefined && content.length > 0) {
    reader.report(node, {
      key: "content",
      code: "openapi-value",
      message: `the parameter "${name}" has both \`schema\` and \`content\``,
      fix: "keep one of them",
    });
  }
  if (isMapping(child(node, "type").value) || typeof child(node, "type").value === "string") {
    reader.report(node, {
      key: "type",
      code: "openapi-value",
      message: `the \`type\` of the parameter "${name}" stands outside a schema`,
      fix: "move it below `schema:`",
    });
  }
  const style = readStyle(reader, node, styles[place]) ?? (place === "query" || place === "cookie" ? "form" : "simple");
  return {
    name,
    in: place,
    required: place === "path" || (reader.flag(node, "required") ?? false),
    style,
    explode: reader.flag(node, "explode") ?? style === "form",
    allowEmptyValue: reader.flag(node, "allowEmptyValue") ?? false,
    node,
    schema,
    content: schema === undefined ? content[0] : undefined,
  };
}
