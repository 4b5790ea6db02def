export interface CurlRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body?: string;
}

/** Set by curl itself or of one connection only; the recorder's own ids would join the replay to the recorded request. */
const notReplayed =
  /^(?:host|content-length|connection|proxy-.*|keep-alive|transfer-encoding|upgrade|te|trailer|accept-encoding|traceparent|tracestate|x-request-id|:.*)$/i;

/** A command for a POSIX shell. Every word is quoted, so that nothing in a URL, header or body is read by the shell. */
export function curlCommand({ method, url, headers, body }: CurlRequest): string {
  const parts = ["curl", "--include", "--globoff"];
  if (method !== "GET" || body !== undefined) parts.push("--request", shellQuote(method));
  parts.push("--url", shellQuote(url));
  for (const { name, value } of headers) {
    // `name;` is how curl is told to send a header without a value.
    if (!notReplayed.test(name)) parts.push("--header", shellQuote(value === "" ? `${name};` : `${name}: ${value}`));
  }
  // --data-raw does not read a leading @ as a file.
  if (body !== undefined && body !== "") parts.push("--data-raw", shellQuote(body));
  return parts.join(" ").replace(/ (?=--(?:url|header|data-raw|request) )/g, " \\\n  ");
}

/**
 * Within single quotes a POSIX shell reads nothing; the quote itself is closed, escaped and opened again. Control characters
 * are dropped: a NUL cannot be in an argument, and an escape sequence could end a terminal's bracketed paste early.
 */
function shellQuote(word: string): string {
  const clean = word.replace(controlCharacters, "");
  return /^[\w@%+=:,./-]+$/.test(clean) ? clean : `'${clean.replaceAll("'", "'\\''")}'`;
}

/** Whether the text survives being a word of a pasted command. */
export function canBePasted(text: string): boolean {
  return text.search(controlCharacters) === -1;
}

const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
