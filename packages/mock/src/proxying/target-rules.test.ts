import { expect, test } from "vitest";
import { targetRules } from "./target-rules.ts";

test("without rules everything is allowed", () => {
  const rules = targetRules();
  expect(rules.allowsAll).toBe(true);
  expect(rules.allows("any.example")).toBe(true);
  expect(rules.allows("10.0.0.1")).toBe(true);
});

test("names are held against names, addresses against addresses", () => {
  const rules = targetRules(["*.example", "10.0.0.1-10.0.0.9", "::1"], ["bad.example", "10.0.0.5"]);
  expect(rules.allowsAll).toBe(false);
  expect(["a.example", "A.B.EXAMPLE", "10.0.0.1", "10.0.0.9", "::1"].map((host) => rules.allows(host))).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
  expect(
    ["example", ".example", "bad.example", "a.example.org", "10.0.0.5", "10.0.0.10", "10.0.1.1", "::2"].filter((host) =>
      rules.allows(host),
    ),
  ).toEqual([]);
});

test("a kind of rule that allows nothing in particular allows all of its kind", () => {
  const rules = targetRules(["api.example"], ["127.0.0.1"]);
  expect(rules.allows("10.1.2.3")).toBe(true);
  expect(rules.allows("127.0.0.1")).toBe(false);
  expect(rules.allows("other.example")).toBe(false);
});

test("a pattern of many stars is decided at once", () => {
  const rules = targetRules([`${"*a".repeat(30)}b`]);
  const begun = process.cpuUsage().user;
  expect(rules.allows("a".repeat(5_000))).toBe(false);
  expect(process.cpuUsage().user - begun).toBeLessThan(2_000_000);
});

test.each(["10.0.0.9-10.0.0.1", "10.0.0.1-x", "a b", "http://a.example"])("%s is refused as a rule", (entry) => {
  expect(() => targetRules([entry])).toThrow(expect.objectContaining({ code: "bad-target-rule", message: expect.stringContaining(entry) }));
});
