import type { Buffer } from "node:buffer";
import type { RequestPart } from "../../request/mock-request.ts";
import type { DocumentNode } from "../documents/document-node.ts";
import type { Encoding, MediaType } from "../reading/operation.ts";
import type { SchemaShapes } from "../schemas/schema-shape.ts";
import { coerce } from "./coerce.ts";
import { decodePairs, plain, type RawPair, type RawValue, rawPairs } from "./decode-parameter.ts";
import { type Fault, judgeRaw, judgeText, judgeValue, parse, type Where } from "./judge-values.ts";
import { bodyForm } from "./media-type.ts";

export interface Body {
  readonly bytes: Buffer;
  readonly text: string;
  readonly parts: readonly RequestPart[];
}

/** A body judged by its media type. XML is not looked into; what is no text is judged by its length alone. */
export function judgeBody(content: MediaType, contentType: string, body: Body, where: Where): readonly Fault[] {
  const { schema } = content;
  switch (bodyForm(contentType)) {
    case "json":
      return judgeText({ ...content, type: "application/json" }, body.text, where);
    case "urlencoded":
      return schema === undefined ? [] : judgeValue(formValue(content, schema, body, where.judging.shapes), schema, where);
    case "multipart":
      return schema === undefined ? [] : judgeMultipart(content, schema, body, where);
    case "text":
      return schema === undefined ? [] : judgeRaw(body.text, schema, where);
    case "xml":
      return [];
    case "binary":
      return schema === undefined ? [] : judgeValue(body.bytes.toString("latin1"), schema, where);
  }
}

/** The object that a form is. */
export function formValue(content: MediaType, schema: DocumentNode, body: Pick<Body, "text">, shapes: SchemaShapes): unknown {
  const pairs = rawPairs(body.text);
  const shape = shapes.of(schema);
  const taken = new Set<string>();
  const found: [string, unknown][] = [];
  for (const [name, schemas] of shape.properties) {
    const encoding = content.encoding.get(name);
    const own = shapes.of(schemas[0]);
    const style = encoding?.style ?? (own.object && pairs.some((pair) => pair.name.startsWith(`${name}[`)) ? "deepObject" : "form");
    const spread = own.object && style === "form" && pairs.some((pair) => pair.name === name);
    const raw = decodePairs(pairs, { name, style, explode: encoding?.explode ?? (style === "form" && !spread), shape: own });
    if (raw === undefined) continue;
    taken.add(name);
    found.push([name, asJson(raw, encoding, own.object) ?? coerce(raw, schemas, shapes)]);
  }
  for (const [name, values] of groupByName(pairs)) {
    if (taken.has(name) || taken.has(name.replace(/\[.*$/, ""))) continue;
    const texts = values.map(plain);
    found.push([name, coerce(texts.length === 1 ? (texts[0] ?? "") : texts, shape.additional, shapes)]);
  }
  return Object.fromEntries(found);
}

function groupByName(pairs: readonly RawPair[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, value } of pairs) {
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [value]);
    else known.push(value);
  }
  return groups;
}

/** An object within a form is often written as JSON, as `encoding` may say. */
function asJson(raw: RawValue, encoding: Encoding | undefined, object: boolean): unknown {
  if (typeof raw !== "string") return undefined;
  if (!object && (encoding?.contentType === undefined || bodyForm(encoding.contentType) !== "json")) return undefined;
  const parsed = parse(raw);
  return parsed.ok ? parsed.value : undefined;
}

function judgeMultipart(content: MediaType, schema: DocumentNode, { parts }: Body, where: Where): readonly Fault[] {
  const shapes = where.judging.shapes;
  const shape = shapes.of(schema);
  const byName = new Map<string, RequestPart[]>();
  for (const part of parts) {
    const name = part.name ?? "";
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [part]);
    else known.push(part);
  }
  const faults: Fault[] = [];
  const found = [...byName].map(([name, own]): [string, unknown] => {
    const schemas = shape.properties.get(name) ?? shape.additional;
    const array = shapes.of(schemas[0]).array;
    const inner = array ? shapes.of(schemas[0]).items : schemas;
    const encoding = content.encoding.get(name);
    const values = own.map((part) => {
      const fault = partTypeFault(part, encoding);
      if (fault !== undefined) faults.push({ at: `${where.at}/${name}`, message: fault, rule: content.node });
      return partValue(part, encoding, inner, shapes);
    });
    return [name, array || values.length > 1 ? values : values[0]];
  });
  return [...faults, ...judgeValue(Object.fromEntries(found), schema, where)];
}

function partTypeFault(part: RequestPart, encoding: Encoding | undefined): string | undefined {
  const actual = part.header("content-type")[0];
  if (encoding?.contentType === undefined || actual === undefined) return undefined;
  const allowed = encoding.contentType.split(",").map((type) => type.trim().toLowerCase());
  const essence = actual.split(";")[0]?.trim().toLowerCase() ?? "";
  const fits = allowed.some((type) => type === essence || type === "*/*" || (type.endsWith("/*") && essence.startsWith(type.slice(0, -1))));
  return fits ? undefined : `must be of type ${encoding.contentType}, got ${actual}`;
}

function partValue(part: RequestPart, encoding: Encoding | undefined, schemas: readonly DocumentNode[], shapes: SchemaShapes): unknown {
  const type = part.header("content-type")[0] ?? encoding?.contentType;
  const shape = shapes.of(schemas[0]);
  const json = type === undefined ? shape.object && !shape.scalar : bodyForm(type) === "json";
  if (json) {
    const parsed = parse(part.text);
    return parsed.ok ? parsed.value : part.text;
  }
  if (type !== undefined && bodyForm(type) === "binary") return part.body.toString("latin1");
  return coerce(part.text, schemas, shapes);
}
