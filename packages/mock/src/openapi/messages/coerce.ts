import type { DocumentNode } from "../documents/document-node.ts";
import type { JsonType, SchemaShape, SchemaShapes } from "../schemas/schema-shape.ts";
import type { RawValue } from "./decode-parameter.ts";

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Text read as what its schema takes: `"5"` is 5 for a number and stays text for a string. What does not fit stays as it is, to be refused. */
export function coerce(raw: RawValue, schemas: readonly DocumentNode[], shapes: SchemaShapes): unknown {
  const found = schemas.map((schema) => shapes.of(schema));
  if (typeof raw === "string") return coerceText(raw, found);
  if (isList(raw)) {
    const inner = found.flatMap((shape) => shape.items);
    return raw.map((item) => coerce(item, inner, shapes));
  }
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => {
      const inner = found.flatMap((shape) => shape.properties.get(name) ?? shape.additional);
      const list = typeof value === "string" && inner.some((schema) => onlyLists(shapes.of(schema)));
      return [name, coerce(list ? [value] : value, inner, shapes)];
    }),
  );
}

function isList(raw: RawValue): raw is readonly RawValue[] {
  return Array.isArray(raw);
}

/** A list of one that was written like a single value. */
function onlyLists(shape: SchemaShape): boolean {
  return shape.array && !shape.scalar;
}

function coerceText(text: string, shapes: readonly SchemaShape[]): unknown {
  const has = ({ types }: SchemaShape, type: JsonType) =>
    types === undefined || types.has(type) || (type === "integer" && types.has("number"));
  const allows = (type: JsonType) => shapes.some(({ types }) => types !== undefined) && shapes.every((shape) => has(shape, type));
  if (allows("integer") && text.length < 400 && jsonNumber.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
  }
  if (allows("boolean") && (text === "true" || text === "false")) return text === "true";
  if (allows("null") && (text === "null" || text === "") && !allows("string")) return null;
  return text;
}
