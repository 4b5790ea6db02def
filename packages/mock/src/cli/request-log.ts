import type { Header } from "@dojang/model";
import type { ServeEvent } from "../journal/serve-event.ts";
import type { ServeFlags } from "./serve-flags.ts";

/** What the flags want to be told of a request, or undefined when that is nothing. */
export function createRequestLog(
  flags: Pick<ServeFlags, "verbose" | "printAllNetworkTraffic" | "disableRequestLogging">,
  print: (text: string) => void,
): ((event: ServeEvent) => void) | undefined {
  if (flags.printAllNetworkTraffic) return (event) => print(trafficText(event));
  if (flags.disableRequestLogging) return undefined;
  if (flags.verbose) return (event) => print(lineOf(event));
  return (event) => {
    if (event.answeredBy === "nothing" || event.violations.length > 0) print(lineOf(event));
  };
}

/** `GET /things?x=1 -> 200, stub "things", 3 ms`. */
function lineOf(event: ServeEvent): string {
  const { request, response, timing, violations } = event;
  const answer = response.fault ?? String(response.status);
  const broken = violations.map(({ side, at, message }) => `\n  ${side} ${at}: ${message}`);
  return `${printable(request.method)} ${printable(request.url)} -> ${answer}, ${answererOf(event)}, ${timing.totalTime} ms${broken.join("")}`;
}

function answererOf({ answeredBy, stub }: ServeEvent): string {
  if (answeredBy === "nothing") return "no stub matches";
  if (answeredBy === "contract") return "by the OpenAPI document";
  const name = stub === undefined ? "" : ` "${printable(stub.name ?? stub.id)}"`;
  return answeredBy === "proxy" ? `proxied${name === "" ? "" : ` by stub${name}`}` : `stub${name}`;
}

function trafficText(event: ServeEvent): string {
  const { request, response } = event;
  return [
    `>>> ${printable(request.method)} ${printable(request.url)} ${request.protocol}`,
    ...headerLines(request.headers),
    ...bodyLines(request.body),
    `<<< ${response.fault ?? `${response.status}${response.statusMessage ? ` ${printable(response.statusMessage)}` : ""}`} (${answererOf(event)})`,
    ...headerLines(response.headers),
    ...bodyLines(response.body),
  ].join("\n");
}

function headerLines(headers: readonly Header[]): readonly string[] {
  return headers.map(({ name, value }) => `${printable(name)}: ${printable(value)}`);
}

function bodyLines(body: Buffer): readonly string[] {
  if (body.length === 0) return [];
  const shown = body.subarray(0, maxShownBytes).toString("utf8");
  const more = body.length > maxShownBytes ? `\n… ${body.length - maxShownBytes} more bytes` : "";
  return ["", `${shown.replace(/[\x00-\x08\x0b-\x1f\x7f\x9b]/g, "�")}${more}`];
}

/** Nothing that a request says may move the terminal's cursor or begin a line of its own. */
function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "�").slice(0, maxShownLength);
}

const maxShownBytes = 64 * 1024;
const maxShownLength = 4000;
