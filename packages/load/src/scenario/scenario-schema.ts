import { z } from "zod";
import type { Check, Flow, RequestTemplate } from "./scenario.ts";
import { captures, headers, jsonPath, name, template, think } from "./schema-parts.ts";
import { websocketStep } from "./websocket-schema.ts";

/**
 * A scenario file. Short forms: a request may be just "GET /path"; a file may have `requests:` instead of `flows:` when there is one.
 */
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

const requestLine = template.superRefine((text, context) => {
  const [method = "", url = "", ...more] = text.trim().split(/\s+(?![^{]*\})/);
  if (!/^[A-Z]{3,20}$/.test(method) || !/^\/|^\$\{/.test(url) || more.length > 0) {
    context.addIssue({
      code: "custom",
      message: `must be a method and a path such as "GET /todos", got ${JSON.stringify(text.slice(0, 60))}`,
      params: {
        fix: methods.includes(method.toUpperCase())
          ? `write it as "${method.toUpperCase()} /path"`
          : `begin with one of ${methods.join(", ")}`,
      },
    });
  }
});

const status = z.int().min(100).max(599);

const expectation = z
  .strictObject({
    status: z.union([status, z.array(status).min(1)]).optional(),
    contains: z.string().optional(),
    json: z.record(jsonPath, z.json()).optional(),
    headers: z.record(z.string(), z.string()).optional(),
  })
  .transform(({ status: wanted, contains, json = {}, headers: fields = {} }): Check[] => [
    ...(wanted === undefined ? [] : [{ kind: "status" as const, oneOf: typeof wanted === "number" ? [wanted] : wanted }]),
    ...(contains === undefined ? [] : [{ kind: "body-contains" as const, text: contains }]),
    ...Object.entries(json).map(([path, equals]) => ({ kind: "json" as const, path, equals })),
    ...Object.entries(fields).map(([field, text]) => ({ kind: "header" as const, name: field, contains: text })),
  ]);

const longRequest = z
  .strictObject({
    request: requestLine,
    name: z.string().max(200).optional(),
    headers: headers.optional(),
    body: template.optional(),
    json: z.json().optional(),
    form: z.record(z.string(), template).optional(),
    think: think.optional(),
    capture: captures.optional(),
    expect: expectation.optional(),
  })
  .refine(({ body, json, form }) => [body, json, form].filter((each) => each !== undefined).length <= 1, {
    error: "has more than one of body, json and form",
    params: { fix: "keep one" },
  });

/** One entry of the file: a request, or a WebSocket with its messages. */
const step = z.union([
  requestLine.transform((written): RequestTemplate[] => [requestOf({ request: written })]),
  longRequest.transform((written): RequestTemplate[] => [requestOf(written)]),
  websocketStep,
]);

type LongRequest = Partial<z.output<typeof longRequest>> & { readonly request: string };

function requestOf({ request: line, ...rest }: LongRequest): RequestTemplate {
  const [method = "GET", url = "/"] = line.trim().split(/\s+(?![^{]*\})/);
  const { body, type } = bodyOf(rest);
  const own = rest.headers ?? [];
  const typed = type === undefined || own.some((header) => header.name.toLowerCase() === "content-type");
  return {
    // What is captured differs from request to request: the name stays.
    name: rest.name ?? `${method} ${url.split("?")[0]}`,
    method,
    url,
    headers: typed ? own : [...own, { name: "Content-Type", value: type }],
    ...(body === undefined ? {} : { body }),
    captures: rest.capture ?? [],
    checks: rest.expect ?? [],
    ...(rest.think === undefined ? {} : { thinkMs: rest.think }),
  };
}

function bodyOf({ body, json, form }: Omit<LongRequest, "request">): { readonly body?: string; readonly type?: string } {
  if (json !== undefined) return { body: JSON.stringify(json), type: "application/json" };
  if (form !== undefined) {
    const pairs = Object.entries(form).map(([field, value]) => `${encodeURIComponent(field)}=${encodeOutsidePlaceholders(value)}`);
    return { body: pairs.join("&"), type: "application/x-www-form-urlencoded" };
  }
  return body === undefined ? {} : { body };
}

function encodeOutsidePlaceholders(value: string): string {
  return value.replaceAll(
    /(\$\{[^{}]*\})|([^$]+|\$)/g,
    (_, placeholder: string | undefined, text: string | undefined) => placeholder ?? encodeURIComponent(text ?? ""),
  );
}

const requests = z.array(step).min(1, "must have at least one request");

const flow = z
  .strictObject({ name: z.string().max(200).optional(), weight: z.number().positive("must be above 0").default(1), requests })
  .transform((written) => written);

const data = z.record(
  name,
  z.union([
    z.string().transform((file) => ({ file, order: "next" as const })),
    z.strictObject({ file: z.string(), order: z.enum(["next", "random"]).default("next") }),
  ]),
);

export const scenarioSchema = z
  .strictObject({
    name: z.string().max(200).optional(),
    target: z.string().max(2000).optional().describe("Address of the server when nobody else says it: http://api:8000."),
    headers: headers.optional(),
    variables: z.record(name, z.union([z.string(), z.number(), z.boolean()]).transform(String)).optional(),
    env: z
      .array(z.string().regex(/^[A-Za-z_]\w*$/, "is no name of a variable"))
      .optional()
      .describe("Variables of the environment that templates may name: ${env.API_TOKEN}."),
    data: data.optional(),
    flows: z.array(flow).min(1, "must have at least one flow").optional(),
    requests: requests.optional(),
    module: z.string().optional(),
  })
  .refine(
    ({ flows, requests: only, module }) => [flows, only].filter((each) => each !== undefined).length === (module === undefined ? 1 : 0),
    {
      error: "needs exactly one of flows, requests and module",
      params: { fix: "write `requests: [GET /]`, or flows with weights" },
    },
  )
  .transform(({ flows, requests: only, ...rest }) => ({
    ...rest,
    flows: (flows ?? (only === undefined ? [] : [{ requests: only, weight: 1, name: undefined }])).map(
      (each, index): WrittenFlow => ({ ...each, name: each.name ?? `flow ${index + 1}` }),
    ),
  }));

/** As it stands in the file: an entry may be several requests. */
export type WrittenFlow = Omit<Flow, "requests"> & { readonly requests: readonly (readonly RequestTemplate[])[] };

export type ScenarioFile = z.output<typeof scenarioSchema>;
