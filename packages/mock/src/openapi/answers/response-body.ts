import { Buffer } from "node:buffer";
import type { ResponseBody } from "../../mapping/stub-mapping.ts";
import { type DocumentNode, isMapping, placeOf } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import { bodyForm } from "../messages/media-type.ts";
import type { MediaType } from "../reading/operation.ts";
import type { Sampler } from "../samples/sampler.ts";
import type { SchemaShapes } from "../schemas/schema-shape.ts";
import { toJson } from "./to-json.ts";
import { xmlBody } from "./xml-body.ts";

export interface BodySource {
  readonly document: OpenApiDocument;
  readonly shapes: SchemaShapes;
  readonly sampler: Sampler;
}

export interface BodyWish {
  /** Of `examples`. */
  readonly example: string | undefined;
  /** Made from the schema although there is an example. */
  readonly dynamic: boolean;
  readonly seed: readonly string[];
}

export type BodyChoice =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: "no-example" | "external-example" | "no-sample"; readonly message: string };

/** The value of a response: the example that is asked for, else the first one, else a sample of the schema. */
export function chooseBody(content: MediaType, wish: BodyWish, { sampler }: BodySource): BodyChoice {
  const { examples, schema, node } = content;
  if (wish.example !== undefined) {
    const named = examples.find(({ name }) => name === wish.example);
    const known = examples.flatMap(({ name }) => name ?? []).join(", ") || "none";
    if (named === undefined) {
      return { ok: false, reason: "no-example", message: `${placeOf(node)} has no example "${wish.example}"; there are: ${known}` };
    }
    if (named.value === undefined) {
      return { ok: false, reason: "external-example", message: `the example "${wish.example}" is an externalValue: nothing is fetched` };
    }
    return { ok: true, value: named.value.value };
  }
  const shown = wish.dynamic ? undefined : examples.find(({ value }) => value !== undefined)?.value;
  if (shown !== undefined) return { ok: true, value: shown.value };
  if (schema === undefined) return { ok: true, value: undefined };
  const sample = sampler.sample(schema, { seed: [...wish.seed, content.type], direction: "response", vary: wish.dynamic });
  if (sample.ok) return sample;
  return { ok: false, reason: "no-sample", message: `no value was found for ${placeOf(schema)}: ${sample.message}` };
}

/** A value written as its media type. */
export function writeBody(value: unknown, content: MediaType, contentType: string, source: BodySource): ResponseBody | undefined {
  if (value === undefined) return undefined;
  switch (bodyForm(contentType)) {
    case "json":
      return { kind: "jsonBody", value: toJson(value) };
    case "xml":
      return { kind: "body", text: typeof value === "string" ? value : xmlBody(value, content.schema ?? content.node, source) };
    case "urlencoded":
      return { kind: "body", text: formText(value) };
    case "binary":
      return typeof value === "string" ? binary(value, content.schema) : { kind: "body", text: JSON.stringify(value) };
    default:
      return { kind: "body", text: typeof value === "string" ? value : JSON.stringify(value) };
  }
}

/** Of bytes, a string holds one in each character; an example of other text is that text. */
function binary(text: string, schema: DocumentNode | undefined): ResponseBody {
  const format = isMapping(schema?.value) ? schema.value.format : undefined;
  if (format === "byte" && /^[A-Za-z0-9+/]+={0,2}$/.test(text)) return { kind: "body", text };
  const bytes = [...text].every((char) => char.charCodeAt(0) < 256) ? Buffer.from(text, "latin1") : Buffer.from(text, "utf8");
  return { kind: "base64Body", base64: bytes.toString("base64") };
}

function formText(value: unknown): string {
  if (!isMapping(value)) return String(value);
  const form = new URLSearchParams();
  for (const [name, each] of Object.entries(value)) {
    for (const item of Array.isArray(each) ? each : [each])
      form.append(name, typeof item === "object" ? JSON.stringify(item) : String(item));
  }
  return form.toString();
}

/** The type that a range stands for. */
export function concreteType(declared: string, accepted: readonly string[], value: unknown): string {
  if (!declared.includes("*")) return declared;
  const asked = accepted
    .join(",")
    .split(",")
    .map((part) => (part.split(";")[0] ?? "").trim());
  const [prefix = ""] = declared.split("*");
  const found = asked.find((type) => type !== "" && !type.includes("*") && (declared.startsWith("*") || type.startsWith(prefix)));
  if (found !== undefined) return found;
  if (declared.startsWith("image/")) return "image/png";
  if (declared.startsWith("text/")) return "text/plain";
  return typeof value === "string" ? "text/plain" : "application/json";
}
