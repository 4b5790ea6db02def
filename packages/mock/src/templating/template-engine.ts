import type { JsonObject, ResponseDefinition } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";

/** What templates of a response see. */
export interface TemplateContext {
  readonly request: MockRequest;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  /** `parameters` in templates. */
  readonly parameters: JsonObject;
}

export interface TemplateEngine {
  /** Renders every templated field (body, headers, bodyFileName, the file's text, proxyBaseUrl...) as WireMock's response-template does. */
  renderResponse(definition: ResponseDefinition, context: TemplateContext, files: ReadFile): Promise<ResponseDefinition>;
  /** One template against any model: webhooks (`originalRequest`), the tail of a URL. Errors are rendered as WireMock renders them. */
  render(template: string, model: Readonly<Record<string, unknown>>): string;
}

/** A file below `__files`; undefined when there is none. */
export type ReadFile = (name: string) => Promise<Buffer | undefined>;
