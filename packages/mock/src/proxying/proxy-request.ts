import type { Header } from "@dojang/model";
import type { ProxyOptions } from "../contract.ts";
import type { ResponseDefinition } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import type { OutgoingRequest } from "./outbound-client.ts";

export interface ProxyPlan {
  readonly request: MockRequest;
  /** The body as it came, with its Content-Encoding still applied. */
  readonly body: Buffer;
  /** Of the stub; its `proxyBaseUrl` is set unless `absoluteUrl` is. */
  readonly definition: ResponseDefinition;
  /** A browser's request goes where it says itself. */
  readonly absoluteUrl?: string;
  readonly options: ProxyOptions;
}

/**
 * The request to the target, as WireMock joins it: base and path are put together as text, so a base that ends in `/` makes two.
 * What concerns only the connection to the client stays behind (RFC 9110, section 7.6.1).
 */
export function proxyRequest(plan: ProxyPlan): OutgoingRequest {
  const { request, definition, options } = plan;
  const removed = new Set([
    ...ofConnection,
    ...namedByConnection(request),
    ...(definition.removeProxyRequestHeaders ?? []).map((name) => name.toLowerCase()),
  ]);
  const headers: Header[] = [];
  for (const header of request.headers) {
    const name = header.name.toLowerCase();
    if (removed.has(name) || (name === "user-agent" && options.preserveUserAgent !== true)) continue;
    if (name === "host") {
      const value = hostFor(plan, header.value);
      if (value !== undefined) headers.push({ name: header.name, value });
    } else if (name === "accept-encoding" && options.supportedEncodings !== undefined) {
      const value = supported(header.value, options.supportedEncodings);
      if (value !== "") headers.push({ name: header.name, value });
    } else {
      headers.push(header);
    }
  }
  if (!headers.some(({ name }) => name.toLowerCase() === "host"))
    headers.unshift({ name: "Host", value: hostFor(plan, request.host) ?? request.host });
  for (const [name, values] of Object.entries(definition.additionalProxyRequestHeaders ?? {})) {
    for (const value of typeof values === "string" ? [values] : values) headers.push({ name, value });
  }
  const hasBody = plan.body.length > 0 || request.header("content-length").length > 0;
  return {
    method: request.method,
    url: plan.absoluteUrl ?? `${definition.proxyBaseUrl}${withoutPrefix(request.url, definition.proxyUrlPrefixToRemove)}`,
    headers,
    body: hasBody ? plan.body : undefined,
    chunked: request.header("transfer-encoding").some((value) => /(?:^|,)\s*chunked\s*$/i.test(value)),
    trustAll: plan.absoluteUrl === undefined || trusts(options, request.host),
  };
}

/** The answer's headers for the client: those of the connection to the target stay behind, the stub's follow. */
export function proxiedHeaders(received: readonly Header[], definition: ResponseDefinition, stubCors: boolean): readonly Header[] {
  const headers = received.filter(({ name }) => {
    const lower = name.toLowerCase();
    return (
      lower !== "transfer-encoding" && lower !== "connection" && lower !== "keep-alive" && !(stubCors && lower.startsWith("access-control"))
    );
  });
  for (const [name, values] of Object.entries(definition.headers ?? {})) {
    for (const value of typeof values === "string" ? [values] : values) headers.push({ name, value });
  }
  return headers;
}

function hostFor({ definition, options, absoluteUrl }: ProxyPlan, received: string): string | undefined {
  if (options.preserveHostHeader === true) return received;
  const target = absoluteUrl ?? definition.proxyBaseUrl ?? "";
  return /^https?:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(target)?.[1];
}

function namedByConnection(request: MockRequest): readonly string[] {
  return request.header("connection").flatMap((value) => value.split(",").map((name) => name.trim().toLowerCase()));
}

function supported(value: string, encodings: readonly string[]): string {
  return value
    .split(",")
    .map((encoding) => encoding.trim())
    .filter((encoding) => encodings.includes(encoding))
    .join(",");
}

function withoutPrefix(url: string, prefix: string | undefined): string {
  return prefix !== undefined && prefix !== "" && url.startsWith(prefix) ? url.slice(prefix.length) : url;
}

function trusts(options: ProxyOptions, host: string): boolean {
  return options.trustAllTargets === true || (options.trustedTargets ?? []).includes(host);
}

/** `content-length` is written anew, `expect` was met already. */
const ofConnection = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "content-length",
  "expect",
];
