import type { MockRequest } from "./mock-request.ts";

/**
 * The Content-Type of a request as WireMock's server reads it off HTTP/1: the usual types, alone or with a usual charset, are in small
 * letters and the charset in capitals, however they were sent. Its stubs, those it records too, ask for it in that form.
 */
export function typesWithUsualCharset(request: MockRequest): readonly string[] {
  const sent = request.header("content-type");
  return request.protocol === "HTTP/2.0" ? sent : sent.map(withUsualCharset);
}

function withUsualCharset(type: string): string {
  const [, name, separator, charset] = USUAL.exec(type) ?? [];
  return name === undefined ? type : `${name.toLowerCase()}${separator ?? ""}${charset?.toUpperCase() ?? ""}`;
}

const USUAL =
  /^(text\/plain|text\/html|text\/xml|text\/json|application\/json|application\/x-www-form-urlencoded)(?:(; ?charset=)(utf-8|iso-8859-1))?$/i;
