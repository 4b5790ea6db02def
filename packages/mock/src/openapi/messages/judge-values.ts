import type { DocumentNode } from "../documents/document-node.ts";
import type { MediaType } from "../reading/operation.ts";
import type { Direction } from "../schemas/lower-schema.ts";
import type { SchemaJudge } from "../schemas/schema-judge.ts";
import type { SchemaShapes } from "../schemas/schema-shape.ts";
import { coerce } from "./coerce.ts";
import type { RawValue } from "./decode-parameter.ts";
import { bodyForm } from "./media-type.ts";

/** One thing wrong with a message, before it is known how it is told. */
export interface Fault {
  /** `query.limit`, `body/items/0`. */
  readonly at: string;
  readonly message: string;
  readonly rule: DocumentNode;
}

/** What judging the values of one document needs. */
export interface Judging {
  readonly judge: SchemaJudge;
  readonly shapes: SchemaShapes;
}

export interface Where {
  readonly at: string;
  readonly direction: Direction;
  readonly judging: Judging;
  /** Of the message, bytes. */
  readonly size?: number;
}

/** Text judged by a schema: as what the schema reads it, and where alternatives disagree about that, as text. */
export function judgeRaw(raw: RawValue, schema: DocumentNode, where: Where): readonly Fault[] {
  const { judging, direction } = where;
  const value = coerce(raw, [schema], judging.shapes);
  const faults = judgeValue(value, schema, where);
  if (faults.length === 0 || typeof raw !== "string" || value === raw) return faults;
  return judging.judge.isValid(schema, direction, raw) ? [] : faults;
}

export function judgeValue(value: unknown, schema: DocumentNode, { at, direction, judging, size }: Where): readonly Fault[] {
  return judging.judge.errors(schema, direction, value, size).map((error) => ({
    at: [at, ...error.path].join("/"),
    message: error.message,
    rule: error.rule,
  }));
}

/** A value that is a document itself: of a parameter or header with `content`, of a part of a form. */
export function judgeText(content: MediaType, text: string, where: Where): readonly Fault[] {
  const { schema } = content;
  if (bodyForm(content.type) !== "json") return schema === undefined ? [] : judgeRaw(text, schema, where);
  const parsed = parse(text);
  if (!parsed.ok) return [{ at: where.at, message: `is not JSON: ${parsed.message}`, rule: content.node }];
  return schema === undefined ? [] : judgeValue(parsed.value, schema, where);
}

export function parse(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, message: text === "" ? "it is empty" : error instanceof Error ? error.message : String(error) };
  }
}
