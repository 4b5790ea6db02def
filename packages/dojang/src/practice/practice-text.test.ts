import { join } from "node:path";
import type { TestResult } from "@dojang/judge";
import { expect, test } from "vitest";
import { readShelf } from "./exercise-shelf.ts";
import type { GradedAttempt } from "./graded-attempt.ts";
import { gradedText, listText, outcomeText } from "./practice-text.ts";

const shelf = readShelf(join(import.meta.dirname, "../../../../exercises"));
const solved = { attempts: 1, bestScore: 1, accepted: true, caught: [] };

test("exercises are listed in the order in which they are learned, and the first that is not solved comes next", async () => {
  const { exercises } = await shelf;
  const rows = listText(exercises, { progress: new Map([["ticket-price", solved]]), lang: "en" })
    .trimEnd()
    .split("\n");
  expect(rows.slice(0, 2).map((row) => row.split(" ")[0])).toEqual(["ticket-price", "page-of-list"]);
  expect(rows.at(-1)).toBe("Next: dojang practice start page-of-list");
  const levels = exercises.map(({ level }) => ["easy", "medium", "hard"].indexOf(level));
  expect(levels).toEqual(levels.toSorted());
  const all = new Map(exercises.map(({ id }) => [id, solved]));
  expect(listText(exercises, { progress: all, lang: "ko" })).toMatch(/모두 풀었습니다\.\n$/);
});

const passed: TestResult = { name: "six is free", outcome: "passed", durationMs: 1 };
const failed: TestResult = { name: "seven is free", outcome: "failed", by: "assertion", line: 9, message: "5000 !== 0\n\n", durationMs: 1 };
const alarm = (tests: readonly TestResult[], explanation: string): GradedAttempt => ({
  exercise: "ticket-price",
  verdict: "false_alarm",
  score: 0,
  explanation,
  tests,
  caught: [{ id: "six-pays", why: "because", now: false, killedBy: [] }],
  hidden: 9,
  idleTests: [],
});

test("of a false alarm the tests that fail are told, in the learner's language, and nothing else", () => {
  expect(gradedText(alarm([passed, failed], "seven is free fails"), "ko")).toBe(
    "잘못된 경보: 올바른 프로그램에서 테스트가 실패합니다.\n올바른 프로그램에서 실패한 테스트입니다. 문제에 무엇이라고 적혀 있는지 다시 읽어 보세요.\n\n  ✗ seven is free:9\n      5000 !== 0\n",
  );
});

test("tests that fail on a program that is right but written differently ask for too much, and a process that ended is neither", () => {
  expect(gradedText(alarm([passed], "six is free fails on a program that is correct too:\n1 !== 2"), "en")).toContain(
    "A test may ask for nothing but what the statement says:\n\n  six is free fails on a program that is correct too:\n  1 !== 2\n",
  );
  expect(gradedText(alarm([], "the process ended before its tests did"), "en")).toBe(
    "False alarm: your tests fail on a correct program.\n\n  the process ended before its tests did\n",
  );
});

test("the next command can be copied", () => {
  const outcome = { end: "finished", tests: [passed], output: "", wallMs: 1, memoryBytes: 1 } as const;
  expect(outcomeText(outcome, { lang: "en", folder: "work/ticket-price" })).toContain("dojang practice submit work/ticket-price\n");
  expect(outcomeText(outcome, { lang: "ko", folder: "." })).toContain("보려면: dojang practice submit\n");
});
