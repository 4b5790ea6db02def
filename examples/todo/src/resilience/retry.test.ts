import { describe, expect, test } from "vitest";
import { retry } from "./retry.ts";

function failing(times: number, error = new Error("away")) {
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls <= times) throw error;
    return "done";
  };
  return { work, calls: () => calls };
}

function patience(attempts: number) {
  const waited: number[] = [];
  const wait = async (delayMs: number) => void waited.push(delayMs);
  return { waited, options: { attempts, firstDelayMs: 50, longestDelayMs: 150, isWorthRetrying: () => true, wait } };
}

describe("retry", () => {
  test("waits twice as long each time, up to a limit", async () => {
    const { work } = failing(4);
    const { waited, options } = patience(5);

    expect(await retry(work, options)).toBe("done");
    expect(waited).toEqual([50, 100, 150, 150]);
  });

  test("gives up with the last error after the attempts it has", async () => {
    const { work, calls } = failing(9);

    await expect(retry(work, patience(3).options)).rejects.toThrow("away");
    expect(calls()).toBe(3);
  });

  test("does not try again what another attempt cannot mend", async () => {
    const { work, calls } = failing(1);

    await expect(retry(work, { ...patience(3).options, isWorthRetrying: () => false })).rejects.toThrow("away");
    expect(calls()).toBe(1);
  });

  test("says each time why it tries again", async () => {
    const seen: [string, number, number][] = [];
    const onRetry = (error: unknown, attempt: number, delayMs: number) => void seen.push([(error as Error).message, attempt, delayMs]);

    await retry(failing(2).work, { ...patience(3).options, onRetry });

    expect(seen).toEqual([
      ["away", 1, 50],
      ["away", 2, 100],
    ]);
  });
});
