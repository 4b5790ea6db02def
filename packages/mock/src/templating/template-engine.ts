import type { JsonObject, ResponseDefinition } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";

/** What templates of a response see. */
export interface TemplateContext {
  readonly request: MockRequest;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  /** `parameters` in templates. */
  readonly parameters: JsonObject;
  /** Told once when a template of the response failed: the text that is answered. WireMock notes it as a sub-event ERROR. */
  readonly onError?: (message: string) => void;
}

export interface TemplateEngine {
  /**
   * Renders every templated field (body, headers, bodyFileName, the file's text, proxyBaseUrl...) as WireMock's response-template
   * does. Never throws for a template's sake: what fails, or exceeds a bound, is answered as status 500 and `text/plain`. A definition
   * without any template comes back as the same object; a file that is missing stays named for the caller to miss.
   */
  renderResponse(definition: ResponseDefinition, context: TemplateContext, files: ReadFile): Promise<ResponseDefinition>;
  /**
   * One template against any model: webhooks (`originalRequest` may be a MockRequest), names of files. Throws TemplateError for a
   * template that cannot be compiled or evaluated; helpers that refuse their arguments print `[ERROR: ...]`.
   */
  render(template: string, model: Readonly<Record<string, unknown>>): string;
}

/** A file below `__files`; undefined when there is none. */
export type ReadFile = (name: string) => Promise<Buffer | undefined>;
