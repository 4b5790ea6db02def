import type { LoadTarget } from "../plan/load-plan.ts";
import type { HeaderTemplate, RequestTemplate } from "../scenario/scenario.ts";
import { compileTemplate, type Template, type Values } from "../scenario/template.ts";

/**
 * The bytes of one request of the scenario. What never varies is made once: a fixed request is one Buffer that is written again
 * and again. `headers` of a call come last and win nothing: names are not repeated by the caller.
 */
export interface RequestWriter {
  readonly method: string;
  /** Everything, when nothing varies. */
  readonly fixed: Buffer | undefined;
  /** One character a byte: the socket writes such a text faster than it would be made a Buffer. */
  write(values: Values, extraHeaders: string): string;
}

export interface WriterOptions {
  readonly target: LoadTarget;
  /** Of the scenario. */
  readonly headers: readonly HeaderTemplate[];
}

export function createRequestWriter(request: RequestTemplate, { target, headers }: WriterOptions): RequestWriter {
  const own = new Set(request.headers.map((header) => header.name.toLowerCase()));
  const all = [...headers.filter((header) => !own.has(header.name.toLowerCase())), ...request.headers];
  const names = new Set(all.map((header) => header.name.toLowerCase()));
  const host = names.has("host") ? "" : `Host: ${hostHeader(target)}\r\n`;
  const agent = names.has("user-agent") ? "" : "User-Agent: dojang-load\r\n";
  const url = compileTemplate(request.url);
  const fields = all.map(({ name, value }) => ({ name, value: compileTemplate(value) }));
  const body = request.body === undefined ? undefined : compileTemplate(request.body);
  const length0 = withoutBody(request.method);
  const start = `${request.method} `;
  const afterUrl = joinFixed(` HTTP/1.1\r\n${host}${agent}`, fields);

  const write = (values: Values, extraHeaders: string): string => {
    let head = start + safeUrl(url.render(values));
    for (const part of afterUrl) head += typeof part === "string" ? part : safeValue(part.render(values));
    head += extraHeaders;
    if (body === undefined) return `${head}${length0}\r\n`;
    const content = bytesOf(body.render(values));
    return `${head}Content-Length: ${content.length}\r\n\r\n${content}`;
  };
  const varies = [url, body, ...fields.map((field) => field.value)].some(isVariable);
  return { method: request.method, fixed: varies ? undefined : Buffer.from(write(noValues, ""), "latin1"), write };
}

/** The bytes of a message, which has no head. */
export function createTextWriter(text = ""): RequestWriter {
  const content = compileTemplate(text);
  const fixed = content.fixed === undefined ? undefined : Buffer.from(content.fixed, "utf8");
  return { method: "GET", fixed, write: (values) => bytesOf(content.render(values)) };
}

/** The header lines with everything that never varies in one piece. */
function joinFixed(start: string, fields: readonly { readonly name: string; readonly value: Template }[]): readonly (string | Template)[] {
  const parts: (string | Template)[] = [];
  let text = start;
  for (const { name, value } of fields) {
    text += `${name}: `;
    if (value.fixed === undefined) {
      parts.push(text, value);
      text = "";
    } else text += safeValue(value.fixed);
    text += "\r\n";
  }
  return [...parts, text];
}

/** The bytes of a text in UTF-8, a character each. */
function bytesOf(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

function isVariable(template: Template | undefined): boolean {
  return template !== undefined && template.fixed === undefined;
}

/** RFC 9110 8.6: a method that usually has content says when it has none. */
function withoutBody(method: string): string {
  return method === "POST" || method === "PUT" || method === "PATCH" ? "Content-Length: 0\r\n" : "";
}

export function hostHeader({ scheme, host, port }: LoadTarget): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === (scheme === "https" ? 443 : 80) ? name : `${name}:${port}`;
}

/** A captured value must not end the request line: control characters and spaces are escaped, and what is not ASCII as UTF-8. */
function safeUrl(url: string): string {
  return /[^\x21-\x7e]/.test(url) ? url.replaceAll(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed())) : url;
}

function safeValue(value: string): string {
  return /[\r\n\0]/.test(value) ? value.replaceAll(/[\r\n\0]+/g, " ") : value;
}

const noValues: Values = { value: () => undefined, random: () => 0, count: () => 0, nowMs: () => 0 };
