import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { watchOutput } from "./output-failure.ts";
import type { Problem } from "./problem.ts";

function watched() {
  const streams = [new EventEmitter(), new EventEmitter()] as const;
  const told: Problem[] = [];
  let lost = 0;
  const watch = watchOutput({ streams, tell: (failure) => told.push(failure), onLost: () => lost++ });
  const fail = (stream: 0 | 1, message: string, code?: string) =>
    streams[stream].emit("error", Object.assign(new Error(message), code && { code }));
  return { watch, told, fail, lost: () => lost };
}

test("a reader that went away is nothing to be told, and nobody hears more", () => {
  const { watch, told, fail, lost } = watched();
  fail(0, "EPIPE: write", "EPIPE");
  expect(told).toEqual([]);
  expect(watch.failure()).toBeUndefined();
  expect(lost()).toBe(1);
});

test("anything else is a Problem of the machine, told once whichever stream it is", () => {
  const { watch, told, fail, lost } = watched();
  fail(0, "ENOSPC: write", "ENOSPC");
  fail(1, "gone");
  expect(told).toEqual([watch.failure()]);
  expect(watch.failure()).toMatchObject({ code: "output-lost", exitCode: 3, message: expect.stringContaining("ENOSPC") });
  expect(lost()).toBe(2);
});

test("an error without a code is told by its message", () => {
  const { watch, fail } = watched();
  fail(1, "gone");
  expect(watch.failure()?.message).toContain("gone");
});
