import { describe, expect, test } from "vitest";
import { canarySlots, canaryVerdict, figures } from "./canary.ts";

const releases = { release: "todo-r2", previousRelease: "todo-r1" };
const countOf = (weight: number) => canarySlots(weight, releases).filter((release) => release === "todo-r2").length;

describe("the share of a canary", () => {
  test.each([
    [0.1, 2],
    [0.5, 10],
    [0.07, 1],
    [0.001, 1],
    [1, 19],
  ])("of %d is %d of twenty slots: never none, never all", (weight, slots) => {
    expect(countOf(weight)).toBe(slots);
    expect(canarySlots(weight, releases)).toHaveLength(20);
  });
});

describe("the verdict on what visitors met", () => {
  const abortOn = { errors: 0.02, p95Ms: 500 };

  test("is none on too few requests, however bad they were", () => {
    expect(canaryVerdict({ requests: 19, failed: 19, p95Ms: 9000 }, abortOn)).toBeUndefined();
  });

  test("names the share of failures above the limit; at the limit it is none", () => {
    expect(canaryVerdict({ requests: 100, failed: 3, p95Ms: 10 }, abortOn)).toBe("3.0 % of 100 requests failed, more than 2.0 %");
    expect(canaryVerdict({ requests: 100, failed: 2, p95Ms: 10 }, abortOn)).toBeUndefined();
  });

  test("names the time of the slowest twentieth above the limit", () => {
    expect(canaryVerdict({ requests: 40, failed: 0, p95Ms: 812.4 }, abortOn)).toBe("p95 of 40 requests is 812 ms, more than 500 ms");
  });

  test("looks at nothing that was not asked for", () => {
    expect(canaryVerdict({ requests: 40, failed: 40, p95Ms: 9000 }, {})).toBeUndefined();
  });

  test("says so when nobody came", () => {
    expect(figures({ requests: 0, failed: 0, p95Ms: undefined })).toBe("nobody came");
  });
});
