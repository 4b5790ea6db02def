import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { noProcessorTime, type ProcessorTime, processorTime, since } from "../sandbox/processor-time.ts";
import { startClock } from "./run-clock.ts";

/** What each look finds, the last for ever: how long it took until the time was over. */
async function timeOf(limitMs: number, looks: readonly Partial<{ usedMs: number; waitedMs: number }>[]) {
  const left = looks.map(({ usedMs = 0, waitedMs = 0 }): ProcessorTime => ({ usedMs, waitedMs: new Map([[1, waitedMs]]) }));
  let seen = noProcessorTime;
  const next = () => {
    seen = left.shift() ?? seen;
    return seen;
  };
  const begun = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  const clock = startClock({ limitMs, processorTime: next, over: resolve });
  await promise;
  return { tookMs: performance.now() - begun, isDoubtful: clock.isDoubtful(), unseen: left.length };
}

test("what a run waited for a processor is added to its time, once", async () => {
  const { tookMs, unseen } = await timeOf(100, [{ waitedMs: 5_000 }, { waitedMs: 5_200 }, { waitedMs: 5_300 }]);
  expect(tookMs).toBeGreaterThan(395);
  expect(unseen).toBe(0);
});

test("who never waited, or used all of the time, is at its end, and nothing about that is doubtful", async () => {
  expect(await timeOf(20, [{}, { usedMs: 10 }])).toMatchObject({ isDoubtful: false });
  expect(await timeOf(20, [{}, { usedMs: 20, waitedMs: 1e9 }])).toMatchObject({ isDoubtful: false });
});

test("waiting has an end, and that is doubtful", async () => {
  const { tookMs, isDoubtful } = await timeOf(20, [{}, { waitedMs: 1e9 }]);
  expect(tookMs).toBeGreaterThan(95);
  expect(isDoubtful).toBe(true);
});

test("a stopped clock says nothing more", async () => {
  let overs = 0;
  const clock = startClock({ limitMs: 1, processorTime: () => noProcessorTime, over: () => overs++ });
  clock.stop();
  const later = Promise.withResolvers<void>();
  startClock({ limitMs: 30, processorTime: () => noProcessorTime, over: later.resolve });
  await later.promise;
  expect(overs).toBe(0);
});

test("of two that want one processor, each is seen to wait, and both to use it", { timeout: 120_000 }, async () => {
  const both = [1, 2].map(() => spawn("taskset", ["-c", "0", process.execPath, "-e", "for(;;);"], { stdio: "ignore" }));
  const pids = both.map((one) => one.pid ?? 0);
  try {
    const before = processorTime(pids);
    for (const pid of pids) {
      const of = () => since(before, processorTime([pid]));
      await expect.poll(() => of().waitedMs, { timeout: 60_000 }).toBeGreaterThan(100);
    }
    await expect.poll(() => since(before, processorTime(pids)).usedMs, { timeout: 60_000 }).toBeGreaterThan(100);
  } finally {
    for (const one of both) one.kill("SIGKILL");
  }
});
