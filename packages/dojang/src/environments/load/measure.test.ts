import { FakeRuntime } from "@dojang/runtime";
import { expect, test } from "vitest";
import { createMeasurement } from "./measure.ts";

function measurement() {
  const asked = { times: 0 };
  const runtime = Object.assign(new FakeRuntime(), {
    stats: async () => {
      asked.times++;
      return [{ service: "api", at: Date.now(), cpuMs: 10 * asked.times, memoryBytes: 7, processes: 1, threads: 1, openFiles: 1 }];
    },
  });
  const { during, watch } = createMeasurement({
    ...{ runtime, environmentId: () => "e", services: [], scraped: {}, everyMs: 5 },
    onProblem: (text) => {
      throw new Error(text);
    },
  });
  return { asked, during, watch };
}

const signal = AbortSignal.timeout(20_000);

/** Until it was asked so often. */
async function askedTimes(asked: { readonly times: number }, times: number): Promise<void> {
  while (asked.times < times) await new Promise((resolve) => setImmediate(resolve));
}

test("what is seen while the work lasts comes with its result", async () => {
  const { asked, during, watch } = measurement();
  const { result, measured } = await during(async () => {
    watch.onLine({ service: "api", text: "four", stream: "stdout", at: 0, position: 1 });
    await askedTimes(asked, 4);
    return "done";
  }, signal);
  expect(result).toBe("done");
  expect(measured.points.filter(({ metric }) => metric === "process.memory").length).toBeGreaterThanOrEqual(3);
  // The next work begins with nothing.
  const from = Date.now();
  const { measured: again } = await during(() => askedTimes(asked, asked.times + 2), signal);
  expect(again.points.length).toBeGreaterThan(0);
  expect(again.points.filter(({ at }) => at < from - 1)).toEqual([]);
});

test("nothing is followed any more when the work fails", async () => {
  const { asked, during } = measurement();
  const failing = during(async () => {
    await askedTimes(asked, 2);
    throw new Error("the generator died");
  }, signal);
  await expect(failing).rejects.toThrow("the generator died");
  const then = asked.times;
  // That it is not asked has no condition to wait for: twenty times as long as it would take to ask again.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked.times).toBe(then);
});
