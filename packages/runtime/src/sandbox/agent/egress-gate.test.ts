import { describe, expect, test } from "vitest";
import { isInternal, matchesHost } from "./egress-gate.ts";

describe("the egress list", () => {
  test("names one host, or with a star everything below one, never the name alone", () => {
    expect(matchesHost("api.example.com", "api.example.com")).toBe(true);
    expect(matchesHost("api.example.com", "*.example.com")).toBe(true);
    expect(matchesHost("a.b.example.com", "*.Example.com")).toBe(true);
    expect(matchesHost("example.com", "*.example.com")).toBe(false);
    expect(matchesHost("badexample.com", "*.example.com")).toBe(false);
  });

  test("does not lead to this machine, its network or a cloud's metadata", () => {
    for (const address of [
      "127.0.0.1",
      "10.1.2.3",
      "172.20.0.1",
      "192.168.1.1",
      "169.254.169.254",
      "0.0.0.0",
      "::1",
      "fd00::1",
      "fe80::1",
      "::ffff:127.0.0.1",
    ]) {
      expect(isInternal(address), address).toBe(true);
    }
    for (const address of ["93.184.215.14", "2606:2800::1", "172.32.0.1"]) expect(isInternal(address), address).toBe(false);
  });
});
