import type { MockRequest } from "../../request/mock-request.ts";
import { show } from "../documents/document-node.ts";
import type { DeclaredHeader, Parameter } from "../reading/operation.ts";
import type { SchemaShapes } from "../schemas/schema-shape.ts";
import { coerce } from "./coerce.ts";
import { decodePairs, decodeSimple, type RawPair, type RawValue, rawPairs } from "./decode-parameter.ts";
import { type Fault, type Judging, judgeRaw, judgeText } from "./judge-values.ts";

/** The raw parts of a request that parameters are read from, each parsed once. */
export interface ParameterSource {
  readonly request: MockRequest;
  /** Not decoded. */
  readonly variables: ReadonlyMap<string, string>;
  readonly query: readonly RawPair[];
}

export function parameterSource(request: MockRequest, variables: ReadonlyMap<string, string>): ParameterSource {
  const question = request.url.indexOf("?");
  return { request, variables, query: question < 0 ? [] : rawPairs(request.url.slice(question + 1).split("#", 1)[0] ?? "") };
}

/** The value of a parameter as its schema reads it; undefined when it was not given. */
export function parameterValue(parameter: Parameter, source: ParameterSource, { shapes }: Judging): unknown {
  const raw = rawParameter(parameter, source, shapes);
  if (raw === undefined || parameter.schema === undefined) return raw;
  return coerce(raw, [parameter.schema], shapes);
}

export function judgeParameter(parameter: Parameter, source: ParameterSource, judging: Judging): readonly Fault[] {
  const { in: place, name, schema, content, node } = parameter;
  const at = `${place}.${place === "header" ? name.toLowerCase() : name}`;
  const raw = rawParameter(parameter, source, judging.shapes);
  if (raw === undefined) {
    const written = place === "path" && source.variables.has(name);
    if (written)
      return [{ at, message: `is not written in the style ${parameter.style}, got ${show(source.variables.get(name))}`, rule: node }];
    return parameter.required ? [{ at, message: "is missing", rule: node }] : [];
  }
  if (raw === "" && parameter.allowEmptyValue) return [];
  if (content !== undefined) return judgeText(content, String(raw), { at, direction: "request", judging });
  return schema === undefined ? [] : judgeRaw(raw, schema, { at, direction: "request", judging });
}

function rawParameter(parameter: Parameter, source: ParameterSource, shapes: SchemaShapes): RawValue | undefined {
  const { name, style, explode, content } = parameter;
  const shape = shapes.of(parameter.schema);
  const decoding = { name, style, explode, shape };
  const asText = content !== undefined;
  switch (parameter.in) {
    case "path": {
      const text = source.variables.get(name);
      if (text === undefined) return undefined;
      return asText ? decodeUri(text) : decodeSimple(text, decoding, decodeUri);
    }
    case "query":
      return asText ? decodePairs(source.query, { ...decoding, shape: shapes.of(undefined) }) : decodePairs(source.query, decoding);
    case "header": {
      const values = source.request.header(name);
      if (values.length === 0) return undefined;
      const text = values.join(",").trim();
      return asText ? text : decodeSimple(text, decoding, (part) => part);
    }
    case "cookie": {
      const pairs = [...source.request.cookies].flatMap(([key, values]) => values.map((value) => ({ name: key, value })));
      return decodePairs(pairs, asText ? { ...decoding, shape: shapes.of(undefined) } : decoding);
    }
  }
}

export function judgeHeader(header: DeclaredHeader, text: string | undefined, judging: Judging): readonly Fault[] {
  const at = `header.${header.name.toLowerCase()}`;
  if (text === undefined) return header.required ? [{ at, message: "is missing", rule: header.node }] : [];
  if (header.content !== undefined) return judgeText(header.content, text, { at, direction: "response", judging });
  if (header.schema === undefined) return [];
  const shape = judging.shapes.of(header.schema);
  const raw = decodeSimple(text, { name: header.name, style: "simple", explode: header.explode, shape }, (part) => part);
  return raw === undefined ? [] : judgeRaw(raw, header.schema, { at, direction: "response", judging });
}

function decodeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
