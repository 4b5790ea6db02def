import { expect, test } from "vitest";
import { runQueueTrial } from "./queue-trial.ts";
import { openTestStore } from "./test-store.ts";

test("however workers are killed and frozen, every job has exactly one accepted result, in order", { timeout: 120_000 }, async () => {
  const opened = await openTestStore();
  try {
    const { store } = opened;
    const signal = AbortSignal.timeout(110_000);
    const report = await runQueueTrial({ store, jobs: 60, workers: 4, kills: 4, freezes: 4, leaseMs: 500, workMs: 250, signal });
    expect(report).toMatchObject({ acceptedOnce: 60, lost: 0, doubled: 0, brokenPromises: 0, orderViolations: 0 });
    // Otherwise no kill and no freeze hit a worker at work, and nothing was tried.
    expect(report.starts).toBeGreaterThan(60);
    expect(report.lateRefused).toBeGreaterThan(0);
  } finally {
    await opened.close();
  }
});
