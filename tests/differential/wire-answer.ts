import type { Header } from "@dojang/model";

/** What came back on one connection, byte for byte, and what it means. */
export interface WireAnswer {
  /** `broken` is a head, chunk or length that was not kept; `reset` a TCP RST; `empty` an end before the first byte; `silent` nothing in time. */
  readonly ending: "complete" | "broken" | "reset" | "empty" | "silent";
  /** 0 where there is no status line. */
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly framing: "none" | "length" | "chunked" | "close";
  /** Without transfer coding. */
  readonly body: Buffer;
  readonly raw: Buffer;
}

export interface Received {
  readonly raw: Buffer;
  readonly over: "ended" | "reset" | "timeout" | undefined;
}

/** Reads what has come so far; undefined while the answer may still become complete. */
export function readAnswer({ raw, over }: Received, requestMethod: string): WireAnswer | undefined {
  const nothing = { status: 0, reason: "", headers: [], framing: "none", body: Buffer.alloc(0), raw } as const;
  const unfinished = (): WireAnswer | undefined => {
    if (over === undefined) return undefined;
    if (over === "reset") return { ...nothing, ending: "reset" };
    if (over === "timeout") return { ...nothing, ending: "silent" };
    return { ...nothing, ending: raw.length === 0 ? "empty" : "broken" };
  };
  const headEnd = raw.indexOf("\r\n\r\n");
  if (headEnd < 0) return unfinished();
  const lines = raw.subarray(0, headEnd).toString("latin1").split("\r\n");
  const statusLine = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(lines[0] ?? "");
  if (!statusLine) return unfinished();
  const status = Number(statusLine[1]);
  if (status >= 100 && status < 200) return readAnswer({ raw: raw.subarray(headEnd + 4), over }, requestMethod);
  const headers = lines.slice(1).map((line) => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
  });
  const head = { status, reason: statusLine[2] ?? "", headers, raw };
  const rest = raw.subarray(headEnd + 4);
  const incomplete = (framing: WireAnswer["framing"], body: Buffer): WireAnswer | undefined => {
    if (over === undefined) return undefined;
    return { ...head, framing, body, ending: over === "reset" ? "reset" : over === "timeout" ? "silent" : "broken" };
  };
  const value = (name: string) => headers.find((header) => header.name.toLowerCase() === name)?.value;
  if (requestMethod === "HEAD" || status === 204 || status === 304)
    return { ...head, framing: "none", body: Buffer.alloc(0), ending: "complete" };
  if (value("transfer-encoding")?.toLowerCase() === "chunked") {
    const chunks = readChunks(rest);
    if (chunks.state === "complete") return { ...head, framing: "chunked", body: chunks.body, ending: "complete" };
    if (chunks.state === "malformed" && over !== undefined) return { ...head, framing: "chunked", body: chunks.body, ending: "broken" };
    return incomplete("chunked", chunks.body);
  }
  const length = value("content-length");
  if (length !== undefined) {
    if (rest.length < Number(length)) return incomplete("length", rest);
    return { ...head, framing: "length", body: rest.subarray(0, Number(length)), ending: "complete" };
  }
  if (over === undefined) return undefined;
  return { ...head, framing: "close", body: rest, ending: over === "ended" ? "complete" : over === "reset" ? "reset" : "silent" };
}

function readChunks(bytes: Buffer): { state: "complete" | "partial" | "malformed"; body: Buffer } {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) {
      const begun = bytes.subarray(at).toString("latin1");
      return { state: /^[0-9a-fA-F]*\r?$/.test(begun) ? "partial" : "malformed", body: Buffer.concat(parts) };
    }
    const size = /^([0-9a-fA-F]+)(?:;.*)?$/.exec(bytes.subarray(at, lineEnd).toString("latin1"))?.[1];
    if (size === undefined) return { state: "malformed", body: Buffer.concat(parts) };
    const length = Number.parseInt(size, 16);
    if (length === 0) {
      const done = bytes.length >= lineEnd + 4;
      return { state: done ? "complete" : "partial", body: Buffer.concat(parts) };
    }
    const from = lineEnd + 2;
    parts.push(bytes.subarray(from, from + length));
    if (bytes.length < from + length + 2) return { state: "partial", body: Buffer.concat(parts) };
    at = from + length + 2;
  }
}
