import type { ResponseBody, ResponseDefinition } from "../mapping/stub-mapping.ts";
import { TemplateError } from "./language/template-error.ts";
import { toValue } from "./model-value.ts";
import { requestModel } from "./request-model.ts";
import type { ReadFile, TemplateContext } from "./template-engine.ts";
import { hasOwnTemplate, jsonText } from "./templated-fields.ts";
import { MapValue } from "./values/value.ts";

/** Throws TemplateError. */
export type RenderText = (content: string) => string;

export interface ResponseRendering {
  readonly files: ReadFile;
  readonly renderer: (model: () => MapValue) => RenderText;
}

export async function renderResponse(
  given: ResponseDefinition,
  context: TemplateContext,
  { files, renderer }: ResponseRendering,
): Promise<ResponseDefinition> {
  const definition = withoutEmptyHeaders(given);
  if (!hasOwnTemplate(definition) && definition.body?.kind !== "bodyFileName") return definition;
  const render = renderer(() => responseModel(context));
  try {
    const body =
      definition.body &&
      (await renderBody(definition.body, render, { files, filesAsTheyAre: context.parameters.disableBodyFileTemplating === true }));
    return {
      ...definition,
      ...(body && { body }),
      ...(definition.headers && { headers: renderHeaders(definition.headers, render) }),
      ...(definition.proxyBaseUrl !== undefined && renderProxy(definition, definition.proxyBaseUrl, render)),
    };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    context.onError?.(error.summary);
    return { status: 500, headers: { "Content-Type": "text/plain" }, body: { kind: "body", text: error.summary } };
  }
}

/** WireMock journals no empty headers of what may be templated. */
function withoutEmptyHeaders(definition: ResponseDefinition): ResponseDefinition {
  const { headers, ...rest } = definition;
  return headers !== undefined && Object.keys(headers).length === 0 ? rest : definition;
}

function responseModel({ request, pathParameters, parameters }: TemplateContext): MapValue {
  return new MapValue(
    new Map([
      ["request", requestModel(request, pathParameters)],
      ["parameters", toValue(parameters)],
    ]),
    { javaClass: "java.util.HashMap" },
  );
}

interface BodyFiles {
  readonly files: ReadFile;
  readonly filesAsTheyAre: boolean;
}

async function renderBody(body: ResponseBody, render: RenderText, { files, filesAsTheyAre }: BodyFiles): Promise<ResponseBody> {
  switch (body.kind) {
    case "base64Body":
      return body;
    case "body":
    case "jsonBody": {
      const text = body.kind === "body" ? body.text : jsonText(body);
      const rendered = render(text);
      // Without a template in it the JSON stays JSON.
      return rendered === text ? body : { kind: "body", text: rendered, ...(body.kind === "jsonBody" && { json: true }) };
    }
    case "bodyFileName": {
      const name = render(body.name);
      const file = filesAsTheyAre ? undefined : await files(name);
      if (!file?.includes("{{")) return { kind: "bodyFileName", name };
      return { kind: "body", text: render(file.toString("utf8")) };
    }
  }
}

type Headers = NonNullable<ResponseDefinition["headers"]>;

function renderHeaders(headers: Headers, render: RenderText): Headers {
  const rendered = (value: string) => {
    const text = render(value);
    return text === value ? value : headerSafe(text);
  };
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? rendered(value) : value.map(rendered)]),
  );
}

/** What a request put into a header must not end it: what cannot stand in a header line becomes a space, as it does there. */
function headerSafe(text: string): string {
  return text.replaceAll(/[\r\n\0]|[^\0-\u00ff]/g, " ");
}

function renderProxy(definition: ResponseDefinition, proxyBaseUrl: string, render: RenderText): Partial<ResponseDefinition> {
  const headers = definition.additionalProxyRequestHeaders;
  return { proxyBaseUrl: render(proxyBaseUrl), ...(headers && { additionalProxyRequestHeaders: renderHeaders(headers, render) }) };
}
