import { expect, test } from "vitest";
import { keepDoing } from "./keep-doing.ts";

test("chores are done again and again, one that fails is told and does not hold up the others", async () => {
  const stop = new AbortController();
  const told: string[] = [];
  let done = 0;
  await keepDoing({
    signal: stop.signal,
    onFailure: (chore, error) => told.push(`${chore}: ${String(error)}`),
    chores: [
      {
        name: "breaks",
        everyMs: 1,
        run: async () => {
          throw new Error("no");
        },
      },
      {
        name: "works",
        everyMs: 1,
        run: async () => {
          done += 1;
          if (done >= 3 && told.length >= 2) stop.abort();
        },
      },
    ],
  });
  expect(done).toBeGreaterThanOrEqual(3);
  expect(new Set(told)).toEqual(new Set(["breaks: Error: no"]));
});

test("it ends when all that went on has stopped, and what stops because of that is no failure", async () => {
  const stop = new AbortController();
  const told: string[] = [];
  let stopped = false;
  const doing = keepDoing({
    signal: stop.signal,
    onFailure: (chore) => told.push(chore),
    chores: [
      {
        name: "long",
        everyMs: 1000,
        run: (signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              stopped = true;
              reject(signal.reason);
            });
          }),
      },
    ],
  });
  stop.abort(new Error("over"));
  await doing;
  expect({ stopped, told }).toEqual({ stopped: true, told: [] });
});
