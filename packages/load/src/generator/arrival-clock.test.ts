import { setImmediate as nextRound } from "node:timers/promises";
import { expect, test } from "vitest";
import { ArrivalClock } from "./arrival-clock.ts";

function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test("what is read in one round came at one time, and what is read in the next came later", async () => {
  const clock = new ArrivalClock();
  const before = performance.now();
  const first = clock.now();
  spin(2);
  expect(clock.now()).toBe(first);
  await nextRound();
  const second = clock.now();
  expect(first).toBeGreaterThanOrEqual(before);
  expect(second).toBeGreaterThanOrEqual(first + 2);
});

test("a round that goes on for longer than the loop asks for events at once is several", () => {
  const clock = new ArrivalClock();
  const first = clock.now();
  for (let event = 0; event < 1024; event++) expect(clock.now()).toBe(first);
  spin(1);
  expect(clock.now()).toBeGreaterThan(first);
});
