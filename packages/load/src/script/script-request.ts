import { hostHeader } from "../http/request-writer.ts";
import type { LoadTarget } from "../plan/load-plan.ts";
import type { HeaderTemplate } from "../scenario/scenario.ts";
import type { VisitRequest } from "./visit.ts";

/** What every request of a script begins with. */
export interface RequestBase {
  readonly target: LoadTarget;
  /** Of the scenario, with their values. */
  readonly headers: readonly HeaderTemplate[];
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The bytes of a request, a character each, around the headers that are known only when it is sent. Throws a TypeError that says
 * what cannot be sent: it reaches the script at the line that asks.
 */
export function writeRequest(
  { target, headers }: RequestBase,
  { method, path, options }: { readonly method: string; readonly path: string; readonly options: VisitRequest },
): (extraHeaders: string) => string {
  if (!/^[A-Z]{2,20}$/.test(method)) throw new TypeError(`a method is capital letters, got ${JSON.stringify(method)}`);
  if (typeof path !== "string" || !path.startsWith("/")) throw new TypeError(`a path begins with "/", got ${JSON.stringify(path)}`);
  const body = bodyOf(options);
  const own = Object.entries(options.headers ?? {}).map(([name, value]) => ({ name, value: String(value) }));
  const fields = new Map<string, HeaderTemplate>([
    ["host", { name: "Host", value: hostHeader(target) }],
    ["user-agent", { name: "User-Agent", value: "dojang-load" }],
    ...(body.type === undefined ? [] : [["content-type", { name: "Content-Type", value: body.type }] as const]),
    ...[...headers, ...own].map((field) => [field.name.toLowerCase(), field] as const),
  ]);
  const lines = [...fields.values()].map(({ name, value }) => {
    if (!token.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name`);
    if (/[\r\n\0]/.test(value)) throw new TypeError(`the header ${name} must be one line`);
    return `${name}: ${bytesOf(value)}\r\n`;
  });
  const length =
    body.content !== undefined || method === "POST" || method === "PUT" || method === "PATCH"
      ? `Content-Length: ${body.content?.length ?? 0}\r\n`
      : "";
  const start = `${method} ${escapeUrl(path)} HTTP/1.1\r\n${lines.join("")}`;
  return (extraHeaders) => `${start}${extraHeaders}${length}\r\n${body.content ?? ""}`;
}

function bodyOf({ body, json, form }: VisitRequest): { readonly content?: string; readonly type?: string } {
  const given = [body, json, form].filter((each) => each !== undefined).length;
  if (given > 1) throw new TypeError("a request has one of body, json and form");
  if (json !== undefined) return { content: bytesOf(JSON.stringify(json)), type: "application/json" };
  if (form !== undefined) return { content: new URLSearchParams(form).toString(), type: "application/x-www-form-urlencoded" };
  if (body === undefined) return {};
  return { content: typeof body === "string" ? bytesOf(body) : Buffer.from(body).toString("latin1") };
}

function bytesOf(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

function escapeUrl(path: string): string {
  return path.replaceAll(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()));
}

const id = /^(\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=.*\d)[0-9a-f]{16,})$/i;

/** `GET /lists/:id/items` of `/lists/41/items?page=2`: what differs from request to request would make names without end. */
export function requestName(method: string, path: string): string {
  const [place = ""] = path.split(/[?#]/, 1);
  const parts = place.split("/").map((part) => (id.test(part) ? ":id" : part));
  return `${method} ${parts.join("/")}`.slice(0, 200);
}
