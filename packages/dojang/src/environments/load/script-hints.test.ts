import { type LoadResult, makePlan } from "@dojang/load";
import { expect, test } from "vitest";
import { scriptHints } from "./script-hints.ts";

const plan = makePlan({
  target: { scheme: "http", host: "api", port: 8000, protocol: "http/1.1" },
  scenario: { name: "visit", flows: [], headers: [], variables: {}, data: [], module: "/project/perf/visit.ts" },
});
const texts = (script: LoadResult["script"]) => scriptHints({ script, plan }).map(({ text }) => text);

test("what a script threw is told with its place near the script, and checks that did not hold", () => {
  const script = {
    sessions: 9,
    checks: [
      { name: "made", passed: 7, failed: 2 },
      { name: "read", passed: 9, failed: 0 },
    ],
    errors: [
      { message: "TypeError: no", at: "/project/perf/visit.ts:4:9", times: 5 },
      { message: "Error: odd", times: 1 },
    ],
  };
  expect(texts(script)).toEqual([
    "the script failed 5 x: TypeError: no at visit.ts:4:9",
    "the script failed 1 x: Error: odd",
    'the check "made" did not hold in 2 of 9 cases',
  ]);
});

test("no more than three are told, and none of a scenario that is no script", () => {
  const errors = Array.from({ length: 9 }, (_, index) => ({ message: `e${index}`, times: 1 }));
  expect(texts({ sessions: 9, checks: [], errors })).toHaveLength(3);
  expect(texts(undefined)).toEqual([]);
});
