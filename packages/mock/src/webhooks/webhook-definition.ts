import type { Header } from "@dojang/model";
import type { DelayDistribution, JsonObject } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import type { TemplateEngine } from "../templating/template-engine.ts";

/** One request that a stub makes after it has answered, with its templates rendered. */
export interface Webhook {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
  readonly body: Buffer | undefined;
  readonly delay: DelayDistribution | undefined;
}

/**
 * The parameters of a `webhook` listener, as WireMock reads them: `method` (GET), `url`, `headers`, `body` or `base64Body`, `delay`,
 * and any others, which templates see as `parameters`. The request that was answered is `originalRequest`. Throws what is wrong.
 */
export function renderWebhook(parameters: JsonObject, original: MockRequest, templates: TemplateEngine): Webhook {
  const model = { originalRequest: original, parameters };
  const render = (template: string): string => templates.render(template, model);
  const { url, method, headers, body, base64Body, delay } = parameters;
  if (typeof url !== "string") throw new TypeError("`url` is missing: a webhook needs to know where it goes");
  return {
    url: render(url),
    method: render(typeof method === "string" ? method : "GET"),
    headers: Object.entries(isObject(headers) ? headers : {}).flatMap(([name, given]) =>
      (Array.isArray(given) ? given : [given]).map((value) => ({
        name,
        value: render(typeof value === "string" ? value : JSON.stringify(value)),
      })),
    ),
    body:
      typeof body === "string"
        ? Buffer.from(render(body), "utf8")
        : typeof base64Body === "string"
          ? Buffer.from(base64Body, "base64")
          : undefined,
    delay: delayOf(delay),
  };
}

function delayOf(delay: unknown): DelayDistribution | undefined {
  if (delay === undefined || delay === null) return undefined;
  if (isObject(delay)) {
    const { type, milliseconds, lower, upper, median, sigma, maxValue } = delay;
    if (type === "fixed" && typeof milliseconds === "number") return { type, milliseconds };
    if (type === "uniform" && typeof lower === "number" && typeof upper === "number") return { type, lower, upper };
    if (type === "lognormal" && typeof median === "number" && typeof sigma === "number") {
      return { type, median, sigma, ...(typeof maxValue === "number" ? { maxValue } : {}) };
    }
  }
  throw new TypeError(`\`delay\` is none of fixed, uniform and lognormal: ${JSON.stringify(delay)}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
