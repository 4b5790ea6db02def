import type { Header } from "@dojang/model";

/** Raw headers as node:http gives them, name and value in turn: order, case and duplicates are the sender's. */
export type RawHeaders = readonly string[];

/** Carries the identity of the test that asked, from its own process to the recorder; never goes further. */
export const testHeader = "x-dojang-test";

const hopByHop = new Set(["connection", "proxy-connection", "keep-alive", "proxy-authorization", "proxy-authenticate", "upgrade"]);

export function* pairs(raw: RawHeaders): Generator<readonly [string, string]> {
  for (let index = 0; index + 1 < raw.length; index += 2) yield [raw[index] ?? "", raw[index + 1] ?? ""];
}

export function toHeaders(raw: RawHeaders): Header[] {
  return [...pairs(raw)].map(([name, value]) => ({ name, value }));
}

export function headerValue(raw: RawHeaders, name: string): string | undefined {
  for (const [key, value] of pairs(raw)) if (key.toLowerCase() === name) return value;
  return undefined;
}

/** Without what belongs to one connection only (RFC 9110 section 7.6.1) and without Dojang's own headers. */
export function endToEnd(raw: RawHeaders, drop: readonly string[] = []): string[] {
  const gone = new Set([...hopByHop, testHeader, ...drop, ...connectionOptions(raw)]);
  return [...pairs(raw)].filter(([name]) => !gone.has(name.toLowerCase())).flat();
}

/** Headers of one name together, in order of first appearance, as `setHeader` wants them. */
export function grouped(raw: RawHeaders): Map<string, { readonly name: string; readonly values: string[] }> {
  const groups = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const [name, value] of pairs(raw)) {
    const group = groups.get(name.toLowerCase());
    if (group) group.values.push(value);
    else groups.set(name.toLowerCase(), { name, values: [value] });
  }
  return groups;
}

/** Header names that `Connection` declares to be hop-by-hop. Framing and Host stay whatever it says. */
function connectionOptions(raw: RawHeaders): string[] {
  const kept = new Set(["host", "content-length", "transfer-encoding", "traceparent", "x-request-id"]);
  return [...pairs(raw)]
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(","))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && !kept.has(name));
}
