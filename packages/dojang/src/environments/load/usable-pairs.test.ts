import type { Slice, SlicePair } from "@dojang/load";
import { expect, test } from "vitest";
import { usablePairs } from "./usable-pairs.ts";

const well = { cpu: 0.1, portsExhausted: 0 };
const generators = { base: well, change: well };

function pair({ base = 25, change = 25, errors = 0 } = {}): SlicePair {
  const slice = (arm: Slice["arm"], completed: number, failed: number): Slice => ({
    arm,
    startedAt: 0,
    durationMs: 250,
    latencies: { "": { completed, errors: failed, p50Us: 1, p75Us: 1, p95Us: 1 } },
  });
  return { base: slice("base", base, errors), change: slice("change", change, 0) };
}

test("a pair in which either copy answered too little is left out, and the others stay", () => {
  const pairs = [pair(), pair({ base: 19 }), pair({ change: 3 }), pair({ base: 20 }), pair()];
  expect(usablePairs(pairs, { asked: 25, generators })).toEqual({ pairs: [pairs[0], pairs[3], pairs[4]], invalid: [] });
});

test("when most pairs are left out nothing is compared, with the reason", () => {
  const { pairs, invalid } = usablePairs([pair(), pair({ base: 1 }), pair({ base: 1 })], { asked: 25, generators });
  expect(pairs).toEqual([]);
  expect(invalid).toEqual(["in 2 of 3 pairs a copy answered less than 80 % of what it was asked"]);
});

test("copies that did not do the same work are not compared: one of them failed", () => {
  const { pairs, invalid } = usablePairs([pair({ errors: 5 }), pair({ errors: 5 })], { asked: 25, generators });
  expect({ pairs, invalid }).toEqual({ pairs: [], invalid: ["20 % of the requests to the base failed"] });
  expect(usablePairs([pair({ errors: 1 })], { asked: 25, generators }).invalid).toEqual([]);
});

test("a generator that was busy or had no ports is a reason", () => {
  const bad = { base: { cpu: 0.97, portsExhausted: 0 }, change: { cpu: 0.1, portsExhausted: 4 } };
  expect(usablePairs([pair()], { asked: 25, generators: bad }).invalid).toEqual([
    "the generator of the base used 97 % of its core",
    "the generator of the change ran out of ports",
  ]);
});
