import type { Json, ResponseBody, ResponseDefinition } from "../mapping/stub-mapping.ts";
import { RenderBudget } from "./evaluation/render-budget.ts";
import { asWireMockReads, fromJson } from "./values/from-json.ts";
import { TextSink } from "./values/text-sink.ts";
import { writeJsonTree } from "./values/write-json.ts";

const answers = new WeakMap<ResponseDefinition, boolean>();

/** Whether any field but a body file may hold a template. Found out once for each definition. */
export function hasOwnTemplate(definition: ResponseDefinition): boolean {
  const known = answers.get(definition);
  if (known !== undefined) return known;
  const found = holdsTemplate(definition);
  answers.set(definition, found);
  return found;
}

function holdsTemplate({ body, headers, proxyBaseUrl, additionalProxyRequestHeaders }: ResponseDefinition): boolean {
  const isTemplate = (text: string) => text.includes("{{");
  const inHeaders = [headers, additionalProxyRequestHeaders].some((map) =>
    Object.values(map ?? {})
      .flat()
      .some(isTemplate),
  );
  return inHeaders || isTemplate(proxyBaseUrl ?? "") || (body !== undefined && isTemplate(bodyText(body)));
}

function bodyText(body: ResponseBody): string {
  switch (body.kind) {
    case "body":
      return body.text;
    case "jsonBody":
      return jsonText(body);
    case "bodyFileName":
      return body.name;
    case "base64Body":
      return "";
  }
}

const texts = new WeakMap<ResponseBody, string>();

/** A JSON body as the text that is sent, on one line. Written once. */
export function jsonText(body: Extract<ResponseBody, { readonly kind: "jsonBody" }>): string {
  const known = texts.get(body);
  if (known !== undefined) return known;
  const text = written(body.value);
  texts.set(body, text);
  return text;
}

/** A stub's body is bounded by what its file or request may hold. */
const UNBOUNDED = { maxRenderMs: Number.POSITIVE_INFINITY, maxOutputChars: Number.POSITIVE_INFINITY, maxSteps: Number.POSITIVE_INFINITY };

function written(value: Json): string {
  const sink = new TextSink(new RenderBudget(UNBOUNDED));
  writeJsonTree(fromJson(value, asWireMockReads), sink, "plain");
  return sink.toString();
}
