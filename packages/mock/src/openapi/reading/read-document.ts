import { child, type DocumentNode, entries, isMapping } from "../documents/document-node.ts";
import { adviceFor } from "../documents/openapi-document.ts";
import { plain, rawPairs } from "../messages/decode-parameter.ts";
import type { DocumentReader } from "./document-reader.ts";
import type { Operation, SecurityRequirement, SecurityScheme } from "./operation.ts";
import { mergeParameters, readParameters } from "./read-parameters.ts";
import { readRequestBody, readResponses } from "./read-responses.ts";
import { readSecurity, readSecuritySchemes } from "./read-security.ts";
import { anyBase, readServers, type ServerBase } from "./read-servers.ts";

/** A path of a document with what it offers. */
export interface DeclaredPath {
  /** As written: `/things/{id}`. */
  readonly template: string;
  /** The template without a query. */
  readonly path: string;
  /** Some documents write `/things?beta=true`: what a request must have for the path to be meant. */
  readonly query: readonly FixedParameter[];
  readonly node: DocumentNode;
  readonly operations: readonly ServedOperation[];
}

export interface FixedParameter {
  readonly name: string;
  /** Undefined for any. */
  readonly value: string | undefined;
}

export interface ServedOperation {
  readonly operation: Operation;
  readonly bases: readonly ServerBase[];
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const topKeys = ["openapi", "info", "jsonSchemaDialect", "servers", "paths", "webhooks", "components", "security", "tags", "externalDocs"];
const pathKeys = ["$ref", "summary", "description", "servers", "parameters", ...methods];
const operationKeys = [
  "tags",
  "summary",
  "description",
  "externalDocs",
  "operationId",
  "parameters",
  "requestBody",
  "responses",
  "callbacks",
  "deprecated",
  "security",
  "servers",
];
const componentKeys = [
  "schemas",
  "responses",
  "parameters",
  "examples",
  "requestBodies",
  "headers",
  "securitySchemes",
  "links",
  "callbacks",
  "pathItems",
];

interface Around {
  readonly schemes: ReadonlyMap<string, SecurityScheme>;
  readonly security: readonly SecurityRequirement[];
  readonly bases: readonly ServerBase[];
}

/** Everything of a document that answers need. What is wrong is reported; schemas are left with the reader to be checked. */
export function readDocument(reader: DocumentReader): readonly DeclaredPath[] {
  const { top } = reader.document;
  reader.misspelt(top, topKeys);
  const components = reader.optionalMapping(top, "components", "`components`");
  if (components !== undefined) {
    reader.misspelt(components, componentKeys);
    const schemas = reader.optionalMapping(components, "schemas", "`schemas`");
    for (const [, node] of schemas === undefined ? [] : entries(schemas)) reader.schemas.push(node);
  }
  const schemes = readSecuritySchemes(reader);
  const around = { schemes, security: readSecurity(reader, top, schemes) ?? [], bases: readServers(reader, top) ?? anyBase };
  const paths = reader.optionalMapping(top, "paths", "`paths`");
  const declared = paths === undefined ? [] : entries(paths).flatMap(([template, node]) => readPath(reader, { template, node, around }));
  if (reader.findings.count === 0 && declared.every((path) => path.operations.length === 0)) {
    const fix = "declare at least one operation below `paths:`";
    reader.report(top, { key: "paths", code: "openapi-empty", message: "declares no operation, so there is nothing to play", fix });
  }
  return declared;
}

interface PathPlace {
  readonly template: string;
  readonly node: DocumentNode;
  readonly around: Around;
}

function readPath(reader: DocumentReader, { template, node: given, around }: PathPlace): readonly DeclaredPath[] {
  if (template.startsWith("x-")) return [];
  if (!isTemplate(reader, template, given)) return [];
  const node = reader.mapping(given, "a path");
  if (node === undefined) return [];
  reader.misspelt(node, pathKeys);
  const names = templateNames(template);
  const parameters = readParameters(reader, node);
  checkPathParameters(reader, { names, parameters, template });
  const bases = readServers(reader, node) ?? around.bases;
  const operations = methods.flatMap((method) => {
    const at = reader.optionalMapping(node, method, "an operation");
    if (at === undefined) return [];
    reader.misspelt(at, operationKeys);
    const own = readParameters(reader, at);
    checkPathParameters(reader, { names, parameters: own, template });
    const operation: Operation = {
      document: reader.document,
      method: method.toUpperCase(),
      template,
      node: at,
      name: `${method.toUpperCase()} ${template}`,
      parameters: mergeParameters(parameters, own).filter(({ in: place, name }) => place !== "path" || names.includes(name)),
      requestBody: readRequestBody(reader, at),
      responses: readResponses(reader, at),
      responsesNode: child(at, "responses"),
      security: readSecurity(reader, at, around.schemes) ?? around.security,
    };
    return [{ operation, bases: readServers(reader, at) ?? bases }];
  });
  const [path = "", query = ""] = template.split("?", 2);
  return [{ template, path, query: fixedParameters(query), node, operations }];
}

function fixedParameters(query: string): readonly FixedParameter[] {
  return rawPairs(query).map(({ name, value }) => ({ name, value: value === "" || value.includes("{") ? undefined : plain(value) }));
}

function isTemplate(reader: DocumentReader, template: string, node: DocumentNode): boolean {
  const fault = templateFault(template);
  if (fault !== undefined) reader.report(node, { code: "openapi-path", ...fault });
  return fault === undefined;
}

function templateFault(template: string): { readonly message: string; readonly fix: string } | undefined {
  if (!template.startsWith("/")) return { message: `the path "${template}" must begin with a slash`, fix: `write /${template}` };
  if (template.length > longestTemplate) {
    return { message: `a path has ${template.length} characters, at most ${longestTemplate} are taken`, fix: "shorten it" };
  }
  if (template.includes("#")) {
    return { message: `the path "${template}" has a fragment, which is never sent`, fix: "give each operation a path of its own" };
  }
  const names = templateNames(template);
  if (template.replaceAll(/\{[^{}/]+\}/g, "").match(/[{}]/)) {
    return { message: `the braces of the path "${template}" do not fit`, fix: "write each parameter as {name}, within one segment" };
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return { message: `the path "${template}" has {${twice}} twice`, fix: "give each parameter a name of its own" };
  return undefined;
}

const longestTemplate = 2_000;

function templateNames(template: string): readonly string[] {
  return [...template.matchAll(/\{([^{}/]+)\}/g)].map(([, name]) => name ?? "");
}

/** A parameter of the path that the path does not have could never be given. */
function checkPathParameters(
  reader: DocumentReader,
  { names, parameters, template }: { names: readonly string[]; parameters: Operation["parameters"]; template: string },
): void {
  for (const { in: place, name, node } of parameters) {
    if (place !== "path" || names.includes(name)) continue;
    reader.report(node, {
      severity: "warning",
      code: "openapi-path",
      message: `the path parameter "${name}" does not stand in the path "${template}" and is left out`,
      fix: () => (names.length === 0 ? `add {${name}} to the path, or write in: query` : adviceFor(name, names, "parameters")),
    });
  }
}

/** Which version a document is of; a finding for one that is not OpenAPI 3.0 or 3.1. */
export function versionOf(value: unknown): { readonly version: "3.0" | "3.1" } | { readonly message: string; readonly fix: string } {
  if (!isMapping(value))
    return { message: "is not an OpenAPI document: it is no mapping", fix: "give a file that begins with `openapi: 3.1.0`" };
  const { openapi, swagger } = value;
  if (swagger !== undefined) {
    return {
      message: `is Swagger ${String(swagger)}; OpenAPI 3.0 and 3.1 are understood`,
      fix: "convert it once: `npx swagger2openapi --outfile api.yaml swagger.yaml`, or File > Convert in editor.swagger.io",
    };
  }
  const found = /^3\.([01])(\.|$)/.exec(typeof openapi === "string" ? openapi : typeof openapi === "number" ? openapi.toFixed(1) : "");
  if (found !== null) return { version: found[1] === "0" ? "3.0" : "3.1" };
  if (openapi === undefined)
    return { message: "is not an OpenAPI document: it has no `openapi:`", fix: "give the document that has `openapi:` at its top" };
  return { message: `is OpenAPI ${String(openapi)}; 3.0 and 3.1 are understood`, fix: "write `openapi: 3.1.0` when nothing newer is used" };
}
