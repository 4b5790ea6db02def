import { expect, test } from "vitest";
import type { Exchange } from "../serving/exchange.ts";
import { namedHost, putNameBack } from "./named-host.ts";

const host = namedHost("api.pay.example", JSON.stringify({ host: "127.77.3.9", ports: { 80: 20080, 443: 20443, 8025: 8025 }, others: [] }));

function hostOf(sent: string, scheme: "http" | "https" = "http", authority?: string) {
  // What is looked at and what is set; nothing is sent.
  const exchange = { scheme, authority, rawHeaders: ["Accept", "127.0.0.1", "Host", sent] } as unknown as Exchange;
  if (host !== undefined) putNameBack(exchange, host);
  return authority === undefined ? exchange.rawHeaders : exchange.authority;
}

test.each([
  ["127.77.3.9:20080", "http", "api.pay.example"],
  ["127.77.3.9:20443", "https", "api.pay.example"],
  ["127.77.3.9:20443", "http", "api.pay.example:443"],
  ["127.77.3.9:8025", "http", "api.pay.example:8025"],
  ["127.77.3.9", "http", "api.pay.example"],
  ["[::1]:8025", "http", "api.pay.example:8025"],
  ["mail:8025", "http", "mail:8025"],
] as const)("asked as %s over %s it is %s", (sent, scheme, expected) => {
  expect(hostOf(sent, scheme)).toEqual(["Accept", "127.0.0.1", "Host", expected]);
  expect(hostOf("x", scheme, sent)).toBe(expected);
});

test("where names lead to services nothing is put back", () => {
  expect(namedHost("mail", undefined)).toBeUndefined();
});
