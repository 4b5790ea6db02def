import type { Header } from "@dojang/model";
import type { JsonObject } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "./mock-request.ts";
import { splitAuthority } from "./receive-request.ts";
import { withUsualNames } from "./usual-names.ts";

/** A request as WireMock's journal answers it, with its order of fields. `id` is there only where WireMock gives it. */
export function printRequest(request: MockRequest, options: { readonly withId?: boolean } = {}): JsonObject {
  return {
    ...(options.withId && { id: request.id }),
    url: request.url,
    absoluteUrl: request.absoluteUrl,
    method: request.method,
    clientIp: request.clientIp,
    headers: printHeaders(request.protocol === "HTTP/2.0" ? request.headers : withUsualNames(request.headers)),
    cookies: Object.fromEntries([...request.cookies].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values])),
    browserProxyRequest: request.browserProxyRequest,
    loggedDate: request.receivedAt,
    bodyAsBase64: request.body.toString("base64"),
    body: request.text,
    protocol: request.protocol,
    scheme: request.scheme,
    host: hostAsSent(request),
    port: request.port,
    loggedDateString: new Date(request.receivedAt).toISOString(),
    queryParams: printParameters(request.query),
    formParams: printParameters(request.form),
  };
}

/** Names that differ in case only are one, spelled as first sent; a single value is no list. */
export function printHeaders(headers: readonly Header[]): JsonObject {
  const byName = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const { name, value } of headers) {
    const present = byName.get(name.toLowerCase());
    if (present) present.values.push(value);
    else byName.set(name.toLowerCase(), { name, values: [value] });
  }
  return Object.fromEntries([...byName.values()].map(({ name, values }) => [name, values.length === 1 ? (values[0] ?? "") : values]));
}

function printParameters(parameters: ReadonlyMap<string, readonly string[]>): JsonObject {
  return Object.fromEntries([...parameters].map(([key, values]) => [key, { key, values }]));
}

/** In the case it was sent in: `host` is for comparing. */
export function hostAsSent({ absoluteUrl, host }: MockRequest): string {
  const authority = /^https?:\/\/([^/]*)/.exec(absoluteUrl)?.[1];
  return authority === undefined ? host : splitAuthority(authority).host;
}
