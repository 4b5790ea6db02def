import type { MockRequest } from "../request/mock-request.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { copyAlone, isSmallPart } from "./copy-alone.ts";

/**
 * The request as the journal keeps it. A small body often lives in a buffer that it shares with others, and would keep all of
 * it: then the request is made once more around a copy of its body.
 */
export function keepRequest(request: MockRequest): MockRequest {
  if (!isSmallPart(request.body)) return request;
  const kept = receiveRequest({
    method: request.method,
    target: request.absoluteUrl,
    rawHeaders: request.headers.flatMap(({ name, value }) => [name, value]),
    httpVersion: request.protocol.replace("HTTP/", ""),
    scheme: request.scheme,
    remoteAddress: request.clientIp,
    body: copyAlone(request.body),
    receivedAt: request.receivedAt,
    id: request.id,
    browserProxyRequest: request.browserProxyRequest,
  });
  // A target such as `*` does not survive being made absolute.
  return kept.url === request.url && kept.absoluteUrl === request.absoluteUrl ? kept : request;
}
