import { expect, test } from "vitest";
import { decideRestart, type Ending } from "./restart-decision.ts";

const crash: Ending = { exitCode: 1, restarts: 0, ranMs: 10, onPurpose: false };

test("no means no, and what was taken down on purpose stays down", () => {
  expect(decideRestart({ kind: "no" }, crash)).toEqual({ restart: false });
  expect(decideRestart({ kind: "always" }, { ...crash, onPurpose: true })).toEqual({ restart: false });
});

test("always restarts also after success, on-failure does not", () => {
  expect(decideRestart({ kind: "always" }, { ...crash, exitCode: 0 })).toMatchObject({ restart: true });
  expect(decideRestart({ kind: "on-failure" }, { ...crash, exitCode: 0 })).toEqual({ restart: false });
  expect(decideRestart({ kind: "on-failure" }, crash)).toMatchObject({ restart: true });
});

test("on-failure gives up after its tries", () => {
  expect(decideRestart({ kind: "on-failure", maxRetries: 2 }, { ...crash, restarts: 1 })).toMatchObject({ restart: true });
  expect(decideRestart({ kind: "on-failure", maxRetries: 2 }, { ...crash, restarts: 2 })).toEqual({ restart: false });
});

test("the pause doubles from 100 ms up to a minute, and a long run starts it anew", () => {
  const delays = [0, 1, 2, 30].map((restarts) => decideRestart({ kind: "always" }, { ...crash, restarts }));
  expect(delays).toEqual([100, 200, 400, 60_000].map((delayMs) => ({ restart: true, delayMs })));
  expect(decideRestart({ kind: "always" }, { ...crash, restarts: 9, ranMs: 10_000 })).toEqual({ restart: true, delayMs: 100 });
});
