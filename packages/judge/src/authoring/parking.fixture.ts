import type { Candidate } from "./candidate.ts";
import { isSolve } from "./refunds.fixture.ts";
import type { Script } from "./vendor-server.fixture.ts";

/** A candidate in TypeScript that holds, as a model gives it, and its second solution. */
export const parkingCandidate: Candidate = {
  id: "parking-fee",
  level: "medium",
  title: { ko: "주차 요금", en: "A parking fee" },
  learn: {
    ko: "시작된 시간을 세는 규칙은 경계의 양쪽을 시험합니다.",
    en: "To test both sides of each limit where begun time is counted.",
  },
  statement: {
    ko: "# 주차 요금\n\n`fee(minutes: number): number`는 `minutes`분 동안 세운 차의 요금을 원 단위로 돌려줍니다.\n\n- 30분까지는(30분 포함) 0원입니다.\n- 31분부터 60분까지는(60분 포함) 1,000원입니다.\n- 60분이 지나면 시작된 30분마다 500원을 더합니다. 61분부터 90분까지는 1,500원입니다.\n- 요금은 12,000원을 넘지 않습니다.\n- `minutes`가 정수가 아니거나 0보다 작거나 1,440보다 크면 `RangeError`를 던집니다. 0과 1,440은 괜찮습니다.\n",
    en: "# A parking fee\n\n`fee(minutes: number): number` gives the fee, in won, of a car that stood for `minutes` minutes.\n\n- Up to 30 minutes (30 included) it is 0.\n- From 31 to 60 minutes (60 included) it is 1,000.\n- After 60 minutes each begun half hour adds 500: from 61 to 90 minutes it is 1,500.\n- A fee is never more than 12,000.\n- `minutes` that is no whole number, is below 0 or above 1,440 throws `RangeError`. 0 and 1,440 are allowed.\n",
  },
  reference: `export function fee(minutes: number): number {
  if (!Number.isInteger(minutes)) throw new RangeError("no whole number of minutes");
  if (minutes < 0) throw new RangeError("below nothing");
  if (minutes > 1440) throw new RangeError("longer than a day");
  if (minutes <= 30) return 0;
  if (minutes <= 60) return 1000;
  const begun: number = Math.ceil((minutes - 60) / 30);
  return Math.min(1000 + begun * 500, 12000);
}
`,
  decoys: [
    {
      id: "step-by-step",
      program: `const halfHour = 30;

export function fee(stay: number): number {
  if (!(Number.isInteger(stay) && stay >= 0 && stay <= 24 * 60)) throw new RangeError(String(stay));
  if (stay <= halfHour) return 0;
  let won = 1_000;
  for (let paid = 60; paid < stay && won < 12_000; paid += halfHour) won += 500;
  return won;
}
`,
    },
    {
      id: "half-hours",
      program: `function begunHalves(minutes: number): number {
  return Math.trunc((minutes + 29) / 30);
}

export const fee = (minutes: number): number => {
  for (const isWrong of [minutes % 1 !== 0, minutes < 0, minutes > 1_440]) if (isWrong) throw new RangeError("no stay");
  const halves = begunHalves(minutes);
  return halves <= 1 ? 0 : Math.min(halves * 500, 12_000);
};
`,
    },
  ],
  variants: [
    bug("thirty-is-paid", "minutes <= 30", "minutes < 30", ["30분에 요금을 받습니다.", "The thirtieth minute is paid for."]),
    bug("thirty-one-is-free", "minutes <= 30", "minutes <= 31", [
      "31분에도 받지 않습니다.",
      "The minute after the free ones is free, too.",
    ]),
    bug("sixty-one-is-an-hour", "minutes <= 60", "minutes <= 61", ["61분을 한 시간으로 셉니다.", "61 minutes are taken for an hour."]),
    bug("begun-is-dropped", "Math.ceil", "Math.floor", ["시작된 30분을 세지 않습니다.", "A half hour counts only once it is over."]),
    bug("no-cap", "Math.min(1000 + begun * 500, 12000)", "1000 + begun * 500", [
      "하루 상한이 없습니다.",
      "A day costs more than the most.",
    ]),
    bug("cap-too-low", "12000", "11500", ["상한이 500원 낮습니다.", "The most is reached one half hour early."]),
    bug("day-is-refused", "minutes > 1440", "minutes >= 1440", ["꼬박 하루를 거절합니다.", "A whole day is refused."]),
    bug("longer-than-a-day", "minutes > 1440", "minutes > 1441", [
      "하루보다 1분 긴 것을 받습니다.",
      "One minute more than a day is accepted.",
    ]),
    bug("minus-one", "minutes < 0", "minutes < -1", ["-1분을 받습니다.", "A stay of minus one minute is accepted."]),
    bug("half-minutes", "!Number.isInteger(minutes)", "Number.isNaN(minutes)", [
      "정수가 아닌 분을 받습니다.",
      "Parts of a minute are accepted.",
    ]),
  ],
  knownTests: `import assert from "node:assert/strict";
import { test } from "node:test";
import { fee } from "./solution.ts";

test("the last free minute", () => assert.equal(fee(30), 0));
test("the first paid minute", () => assert.equal(fee(31), 1000));
test("an hour", () => assert.equal(fee(60), 1000));
test("the first minute of another half hour", () => assert.equal(fee(61), 1500));
test("a half hour that has begun", () => assert.equal(fee(100), 2000));
test("where the most is reached", () => assert.equal(fee(720), 12000));
test("the most", () => assert.equal(fee(1439), 12000));
test("a whole day is allowed", () => assert.doesNotThrow(() => fee(1440)));
test("longer than a day", () => assert.throws(() => fee(1441), RangeError));
test("less than nothing", () => assert.throws(() => fee(-1), RangeError));
test("a part of a minute", () => assert.throws(() => fee(45.5), RangeError));
`,
  starter: `import assert from "node:assert/strict";
import { test } from "node:test";
import { fee } from "./solution.ts";

test("ten minutes", () => assert.equal(fee(10), 0));
`,
  generator: `const stays: readonly number[] = [-2, -1, 0, 1, 29, 30, 31, 45.5, 59, 60, 61, 90, 91, 100, 719, 720, 721, 1439, 1440, 1441];

export function generate(random: () => number): number {
  return stays[Math.floor(random() * stays.length)] as number;
}

export function observe(solution: { fee(minutes: number): number }, minutes: number): unknown {
  return solution.fee(minutes);
}
`,
};

const secondSolution = {
  solution: `export function fee(minutes: number): number {
  if (!Number.isSafeInteger(minutes) || minutes < 0 || minutes > 1440) throw new RangeError("no stay of one day");
  if (minutes <= 30) return 0;
  const extra = Math.max(0, minutes - 60);
  const total = 1000 + Math.floor((extra + 29) / 30) * 500;
  return total > 12000 ? 12000 : total;
}
`,
  contradictions: [],
};

function bug(id: string, find: string, put: string, [ko, en]: readonly [string, string]): Candidate["variants"][number] {
  return { id, edits: [{ find, put }], why: { ko, en } };
}

/** One exercise that holds at once. */
export const parkingExercise: Script = (request) =>
  isSolve(request) ? { say: secondSolution, usage: { input: 1_300, output: 500 } } : { say: parkingCandidate };
