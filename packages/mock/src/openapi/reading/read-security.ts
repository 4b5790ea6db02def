import { child, type DocumentNode, entries, isMapping, items } from "../documents/document-node.ts";
import { adviceFor } from "../documents/openapi-document.ts";
import type { DocumentReader } from "./document-reader.ts";
import type { SecurityRequirement, SecurityScheme } from "./operation.ts";

export function readSecuritySchemes(reader: DocumentReader): ReadonlyMap<string, SecurityScheme> {
  const components = child(reader.document.top, "components");
  const schemes = isMapping(components.value) ? reader.optionalMapping(components, "securitySchemes", "`securitySchemes`") : undefined;
  const found = new Map<string, SecurityScheme>();
  for (const [name, given] of schemes === undefined ? [] : entries(schemes)) {
    const node = reader.mapping(given, "a security scheme");
    const scheme = node === undefined ? undefined : readScheme(reader, name, node);
    if (scheme !== undefined) found.set(name, scheme);
  }
  return found;
}

const kinds = ["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"];

function readScheme(reader: DocumentReader, name: string, node: DocumentNode): SecurityScheme | undefined {
  const type = reader.text(node, "type");
  switch (type) {
    case "apiKey": {
      const key = reader.text(node, "name");
      const place = reader.text(node, "in");
      if (key === undefined)
        reader.report(node, { code: "openapi-value", message: `the scheme "${name}" has no \`name\``, fix: "add `name:`" });
      else if (place === "header" || place === "query" || place === "cookie") return { kind: "apiKey", name, key, in: place };
      else reader.wrong(child(node, "in"), `the key of "${name}" must be in a header, query or cookie`, "write in: header");
      return undefined;
    }
    case "http": {
      const scheme = reader.text(node, "scheme");
      if (scheme !== undefined) return { kind: "http", name, scheme: scheme.toLowerCase() };
      reader.report(node, {
        code: "openapi-value",
        message: `the scheme "${name}" does not say which`,
        fix: "add `scheme: bearer` or basic",
      });
      return undefined;
    }
    case "oauth2":
    case "openIdConnect":
      return { kind: "http", name, scheme: "bearer" };
    case "mutualTLS":
      return { kind: "mutualTls", name };
    default:
      reader.report(node, {
        key: "type",
        code: "openapi-value",
        message: `the scheme "${name}" must be one of ${kinds.join(", ")}, got ${type ?? "nothing"}`,
        fix: type === "basic" ? "write type: http and scheme: basic" : () => adviceFor(type ?? "", kinds, "types"),
      });
      return undefined;
  }
}

/** Undefined when `security` is not said there, so that what holds around it holds. */
export function readSecurity(
  reader: DocumentReader,
  parent: DocumentNode,
  schemes: ReadonlyMap<string, SecurityScheme>,
): readonly SecurityRequirement[] | undefined {
  const security = child(parent, "security");
  if (security.value === undefined) return undefined;
  if (!Array.isArray(security.value)) {
    reader.wrong(security, "`security` must be a list", "write each requirement after a `-`");
    return undefined;
  }
  return items(security).map((node) => {
    if (!isMapping(node.value)) reader.wrong(node, "a requirement must be a mapping", "write it as `name: []`");
    return { node, schemes: entries(node).flatMap(([name, at]) => schemeNamed(reader, schemes, { name, at })) };
  });
}

function schemeNamed(
  reader: DocumentReader,
  schemes: ReadonlyMap<string, SecurityScheme>,
  { name, at }: { readonly name: string; readonly at: DocumentNode },
): readonly SecurityScheme[] {
  const scheme = schemes.get(name);
  if (scheme !== undefined) return [scheme];
  const declared = child(child(child(reader.document.top, "components"), "securitySchemes"), name).value !== undefined;
  // One that is declared wrongly was reported where it stands.
  if (declared) return [];
  reader.report(at, {
    code: "ref-unknown",
    message: `there is no security scheme "${name}" in #/components/securitySchemes`,
    fix: () => adviceFor(name, [...schemes.keys()], "schemes"),
  });
  return [];
}
