import type { Header } from "@dojang/model";

/**
 * One received request, as matchers, templates, the contract and the journal see it. What costs time to parse is parsed when
 * first asked for and kept. `receive-request.ts` makes it from a node:http request, `example-request.ts` from admin JSON.
 */
export interface MockRequest {
  /** UUID. */
  readonly id: string;
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Lower case, without port. */
  readonly host: string;
  readonly port: number;
  /** Path and query as received: `/things?x=1`. */
  readonly url: string;
  /** The part of `url` before `?`, not decoded. */
  readonly path: string;
  readonly absoluteUrl: string;
  readonly protocol: string;
  readonly clientIp: string;
  /** As received: order, case and repeats kept. */
  readonly headers: readonly Header[];
  /** All values of a header, name in any case; empty when there is none. */
  header(name: string): readonly string[];
  /** Decoded, in order of appearance. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly cookies: ReadonlyMap<string, readonly string[]>;
  /** Of a body of type application/x-www-form-urlencoded; empty otherwise. */
  readonly form: ReadonlyMap<string, readonly string[]>;
  /** Of a multipart body; empty otherwise. */
  readonly parts: readonly RequestPart[];
  /** Decoded by Content-Encoding. */
  readonly body: Buffer;
  /** `body` in the charset of Content-Type, UTF-8 when none is named. */
  readonly text: string;
  /** Milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  readonly browserProxyRequest: boolean;
  /** W3C trace id of `traceparent`, else `X-Request-Id`: joins the call to the test and the transaction that caused it. */
  readonly requestId: string | undefined;
}

export interface RequestPart {
  readonly name: string | undefined;
  readonly fileName: string | undefined;
  readonly headers: readonly Header[];
  header(name: string): readonly string[];
  readonly body: Buffer;
  readonly text: string;
}
