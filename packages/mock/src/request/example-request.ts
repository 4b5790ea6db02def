import type { MockRequest } from "./mock-request.ts";
import { receiveRequest } from "./receive-request.ts";

/**
 * A request described as JSON, as the journal describes it: what near misses are asked for, and what templates are tried with.
 * Lenient, as WireMock is: every field may be missing, unknown ones are not looked at, what has the wrong type counts as missing.
 */
export function exampleRequest(json: unknown): MockRequest {
  const fields: Readonly<Record<string, unknown>> = isRecord(json) ? json : {};
  const absoluteUrl = text(fields.absoluteUrl);
  const url = text(fields.url);
  const headers = headerLines(fields.headers);
  const cookies = multiMap(fields.cookies);
  return receiveRequest({
    method: text(fields.method) ?? "GET",
    target: absoluteUrl ?? url ?? "/",
    rawHeaders: headers,
    httpVersion: text(fields.protocol)?.replace(/^HTTP\//i, "") ?? "1.1",
    scheme: text(fields.scheme)?.toLowerCase() === "https" ? "https" : "http",
    localAddress: text(fields.host),
    localPort: typeof fields.port === "number" ? fields.port : undefined,
    remoteAddress: text(fields.clientIp),
    body: bodyOf(fields),
    receivedAt: typeof fields.loggedDate === "number" ? fields.loggedDate : undefined,
    id: text(fields.id),
    browserProxyRequest: fields.browserProxyRequest === true,
    ...(cookies.size > 0 && { cookies }),
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function bodyOf(fields: Readonly<Record<string, unknown>>): Buffer {
  if (typeof fields.bodyAsBase64 === "string") return Buffer.from(fields.bodyAsBase64, "base64");
  return Buffer.from(typeof fields.body === "string" ? fields.body : "", "utf8");
}

function headerLines(value: unknown): readonly string[] {
  return [...multiMap(value)].flatMap(([name, values]) => values.flatMap((each) => [name, each]));
}

function multiMap(value: unknown): ReadonlyMap<string, readonly string[]> {
  if (!isRecord(value)) return new Map();
  return new Map(
    Object.entries(value).map(([name, given]) => [
      name,
      (Array.isArray(given) ? given : [given]).filter((each) => typeof each === "string"),
    ]),
  );
}
