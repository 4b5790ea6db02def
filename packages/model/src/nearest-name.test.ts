import { expect, test } from "vitest";
import { nameAdvice, nearestName } from "./nearest-name.ts";

test("a swap, a missing and a wrong letter still find the name that was meant", () => {
  const known = ["services", "volumes", "networks"];
  expect(nearestName("serivces", known)).toBe("services");
  expect(nearestName("volume", known)).toBe("volumes");
  expect(nearestName("NETWORKS", known)).toBe("networks");
});

test("a name like no other suggests nothing", () => {
  expect(nearestName("xyz", ["services"])).toBeUndefined();
  expect(nearestName("anything", [])).toBeUndefined();
});

test("without a near name the known ones are listed, and not endlessly", () => {
  expect(nameAdvice("q", ["alpha", "beta"], "jobs")).toBe("known jobs: alpha, beta");
  expect(nameAdvice("q", [], "jobs")).toBe("there are no jobs here");
  expect(
    nameAdvice(
      "q",
      Array.from({ length: 20 }, (_, index) => `name-${index}`),
    ),
  ).toContain("and 8 more");
});
