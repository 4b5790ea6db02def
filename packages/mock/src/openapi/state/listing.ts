import type { MockRequest } from "../../request/mock-request.ts";
import type { DocumentParts } from "../document-parts.ts";
import type { DocumentNode } from "../documents/document-node.ts";
import { child, isMapping } from "../documents/document-node.ts";
import { parameterSource, parameterValue } from "../messages/judge-parameters.ts";
import type { Route } from "../routing/served-paths.ts";
import { namedProperties, propertySchemas } from "../samples/constraints.ts";
import { conjuncts } from "../schemas/inner-schemas.ts";
import type { Entity } from "./entity-store.ts";

export interface Page {
  readonly entities: readonly Entity[];
  /** Before `limit` and `offset`. */
  readonly total: number;
  readonly limit: number | undefined;
  readonly offset: number;
}

/** The entities that a listing asks for: equal in every property that a declared parameter names, then `offset` and `limit`. */
export function pageOf(
  entities: readonly Entity[],
  { route, request, properties }: { readonly route: Route; readonly request: MockRequest; readonly properties: ReadonlySet<string> },
  parts: DocumentParts,
): Page {
  const source = parameterSource(request, route.variables);
  const declared = route.operation.parameters.filter((parameter) => parameter.in === "query");
  const given = (name: string) => {
    const parameter = declared.find((each) => each.name === name);
    return parameter === undefined ? undefined : parameterValue(parameter, source, parts);
  };
  const standard = (name: string) => {
    const schema = declared.find((each) => each.name === name)?.schema;
    const values = schema === undefined ? [] : conjuncts(parts.document, schema).map((part) => child(part, "default").value);
    return values.find((value) => value !== undefined);
  };
  const filters = declared.flatMap(({ name }) => {
    const wanted = properties.has(name) && name !== "limit" && name !== "offset" ? given(name) : undefined;
    return wanted === undefined ? [] : [{ name, wanted: new Set([wanted].flat().map(String)) }];
  });
  const found = entities.filter((entity) =>
    filters.every(({ name, wanted }) => [entity[name]].flat().some((value) => wanted.has(String(value)))),
  );
  const limit = countOf(given("limit") ?? standard("limit"));
  const offset = countOf(given("offset") ?? standard("offset")) ?? 0;
  return { entities: found.slice(offset, limit === undefined ? undefined : offset + limit), total: found.length, limit, offset };
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/**
 * The object around a list: counts are counted, `limit` and `offset` repeated, whether there is more is said. What else must be there is
 * null when it may be, else of a sample; what need not be there is left out, for a made-up `next` would be followed.
 */
export function envelope(
  list: { readonly name: string; readonly values: readonly Entity[]; readonly page: Page },
  { schema, sample }: { readonly schema: DocumentNode; readonly sample: unknown },
  parts: DocumentParts,
): Entity {
  const all = conjuncts(parts.document, schema);
  const found = new Map<string, unknown>();
  for (const [name, must] of namedProperties(all)) {
    if (name === list.name) found.set(name, list.values);
    else {
      const known = knownField(name, list.page);
      const schemas = propertySchemas(all, name) ?? [];
      const valid = (value: unknown) => schemas.every((each) => parts.judge.isValid(each, "response", value));
      if (known !== undefined && valid(known)) found.set(name, known);
      else if (must) found.set(name, valid(null) ? null : isMapping(sample) ? sample[name] : undefined);
    }
  }
  return Object.fromEntries(found);
}

function knownField(name: string, { entities, total, limit, offset }: Page): unknown {
  switch (name.replaceAll(/[_-]/g, "").toLowerCase()) {
    case "total":
    case "totalcount":
    case "totalitems":
    case "totalresults":
      return total;
    case "count":
    case "size":
      return entities.length;
    case "limit":
      return limit ?? entities.length;
    case "offset":
      return offset;
    case "hasmore":
    case "hasnext":
      return offset + entities.length < total;
    default:
      return undefined;
  }
}
