import type { Json } from "../json.ts";
import type { WireRequest } from "../wire-request.ts";
import { jsonValue } from "./json-values.ts";
import type { Random } from "./random.ts";
import { generateCase } from "./stub-cases.ts";

const odd: readonly Json[] = [
  null,
  true,
  -1,
  1e308,
  "",
  "x".repeat(10_000),
  [],
  {},
  [[[[]]]],
  { "": null },
  "\u0000",
  "\ud800",
  "{{",
  "${",
  "%00",
];

/** A stub with something in it that does not belong there. */
export function damagedStub(random: Random): Json {
  const [stub = {}] = generateCase(random).stubs;
  let damaged = stub;
  for (let times = 0; times <= random.upTo(3); times += 1) damaged = damage(random, damaged);
  return damaged;
}

function damage(random: Random, value: Json): Json {
  if (random.once(6)) return random.once(2) ? random.oneOf(odd) : jsonValue(random);
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    if (items.length === 0 || random.once(4)) return [...items, jsonValue(random)];
    const at = random.upTo(items.length);
    return items.map((item, index) => (index === at ? damage(random, item) : item));
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value);
    if (members.length === 0 || random.once(5))
      return { ...value, [random.oneOf(["unknown", "", "url", "equalTo", "and", "status"])]: jsonValue(random) };
    const at = random.upTo(members.length);
    return Object.fromEntries(
      members.map(([key, item], index) => (index === at ? [random.once(8) ? `${key}x` : key, damage(random, item)] : [key, item])),
    );
  }
  if (typeof value === "string")
    return random.once(2)
      ? value.slice(0, random.upTo(value.length + 1))
      : `${value}${random.oneOf(["(", "[", "{{", "'", '"', "\\", "\u0000"])}`;
  return random.oneOf(odd);
}

const paths = [
  "/mappings",
  "/mappings/x",
  "/mappings/11111111-0000-4000-8000-000000000001",
  "/mappings/import",
  "/mappings/save",
  "/mappings/remove",
  "/mappings/find-by-metadata",
  "/mappings/unmatched",
  "/requests",
  "/requests/count",
  "/requests/find",
  "/requests/remove",
  "/requests/unmatched/near-misses",
  "/near-misses/request",
  "/near-misses/request-pattern",
  "/scenarios",
  "/scenarios/%00/state",
  "/settings",
  "/settings/extended",
  "/files/%2e%2e/x",
  "/files/a",
  "/recordings/start",
  "/recordings/stop",
  "/recordings/snapshot",
  "/recordings/status",
  "/",
  "/%",
  "/docs",
  "/requests?since=%00&limit=-1",
  "/mappings?limit=999999999999999999999&offset=-5",
];

/** Something that is asked of the admin API: any method on any path with any body. Shutting down is left out. */
export function damagedAdminRequest(random: Random): WireRequest {
  const method = random.oneOf(["GET", "POST", "PUT", "PATCH", "DELETE", "POST", "OPTIONS", "HEAD", "TRACE"]);
  const url = `/__admin${random.oneOf(paths)}`;
  if (random.once(4)) return { method, url };
  const text = JSON.stringify(random.once(3) ? jsonValue(random) : damagedStub(random));
  const body = random.once(4)
    ? Buffer.from(text.slice(0, random.upTo(text.length + 1)) + String.fromCharCode(random.upTo(256)), "latin1")
    : text;
  return { method, url, headers: [["Content-Type", random.oneOf(["application/json", "text/plain", "x", "multipart/form-data"])]], body };
}

/** Bytes that are nearly a request. */
export function damagedBytes(random: Random): Buffer {
  const whole = Buffer.from(
    `POST /x?a=${random.upTo(10)} HTTP/1.1\r\nHost: a\r\nX-One: ${"v".repeat(random.upTo(50))}\r\n${random.once(2) ? "Content-Length: 5\r\n\r\nhello" : "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}`,
  );
  const changed = Buffer.from(whole);
  for (let times = 0; times <= random.upTo(4); times += 1) changed[random.upTo(changed.length)] = random.upTo(256);
  return random.once(3) ? changed.subarray(0, random.upTo(changed.length)) : changed;
}
