import type { Header } from "@dojang/model";

/**
 * The names of well-known headers, spelled as usual. Many clients of HTTP/1.1 send names in lower case; WireMock's journal gives
 * those that its server knows in the usual spelling and all others as they were sent, and tests look them up by that.
 */
export function withUsualNames(headers: readonly Header[]): readonly Header[] {
  return headers.map((header) => {
    const usual = usualNames.get(header.name.toLowerCase());
    return usual === undefined || usual === header.name ? header : { name: usual, value: header.value };
  });
}

const usualNames = new Map(
  (
    "Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges Age Allow Alt-Svc Authorization Cache-Control Connection " +
    "Content-Disposition Content-Encoding Content-Language Content-Length Content-Location Content-MD5 Content-Range Content-Type " +
    "Cookie Date ETag Expect Expires Forwarded From Host If-Match If-Modified-Since If-None-Match If-Range If-Unmodified-Since " +
    "Keep-Alive Last-Modified Location Max-Forwards MIME-Version Negotiate Origin Pragma Proxy-Authenticate Proxy-Authorization " +
    "Proxy-Connection Range Referer Request-Range Retry-After Server Set-Cookie Strict-Transport-Security TE Trailer " +
    "Transfer-Encoding Upgrade User-Agent Vary Via WWW-Authenticate Warning X-Forwarded-For X-Forwarded-Host X-Forwarded-Port " +
    "X-Forwarded-Proto X-Forwarded-Server X-Powered-By"
  )
    .split(" ")
    .map((name) => [name.toLowerCase(), name]),
);
