import type { RequestId } from "@dojang/model";

/** What the Node preload puts before a line it stamps: U+0001, the request id, U+0002. No logger writes that by itself. */
const stamp = /^\u0001([0-9a-f]{32})\u0002/;
const anyStamp = /\u0001[0-9a-f]{32}\u0002/g;
/** A named field in JSON, logfmt or text; the value may be a whole traceparent. */
const field =
  /(?:trace[._-]?id|request[._-]?id|req[._-]?id|correlation[._-]?id|traceparent)["']?\s*[=:]\s*["']?(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?![0-9a-f])/i;

export interface Unstamped {
  readonly text: string;
  readonly requestId: RequestId | undefined;
}

/** The line as the application wrote it, and the id it was stamped with. */
export function unstamp(line: string): Unstamped {
  const at = line.indexOf("\u0001");
  if (at === -1) return { text: line, requestId: undefined };
  return { text: line.replace(anyStamp, ""), requestId: (at === 0 ? stamp : /\u0001([0-9a-f]{32})\u0002/).exec(line)?.[1] };
}

/** The id an application logged itself: `trace_id`, `request_id`, `traceparent` and their spellings. Only W3C trace ids count. */
export function loggedRequestId(text: string): RequestId | undefined {
  return text.length < 36 ? undefined : field.exec(text)?.[1]?.toLowerCase();
}
