import type { Candidate } from "./candidate.ts";
import type { Script, VendorRequest } from "./vendor-server.fixture.ts";

/** Answers as a model gives them: a candidate that holds, and what becomes of it when it is spoiled in one way each. */
export const goodCandidate: Candidate = {
  id: "refund-in-time",
  level: "easy",
  title: { ko: "기한에 따른 환불", en: "Refunds in time" },
  learn: { ko: "기한의 마지막 날과 그다음 날을 함께 시험합니다.", en: "To test the last day of a term and the day after it." },
  statement: {
    ko: "# 기한에 따른 환불\n\n`refund(paid, days)`는 산 지 `days`일째에 돌려줄 돈을 원 단위 정수로 돌려줍니다. `paid`는 낸 돈입니다.\n\n- 14일까지는(14일 포함) 낸 돈을 모두 돌려줍니다.\n- 15일부터 30일까지는(30일 포함) 절반을 돌려줍니다. 1원 미만은 버립니다.\n- 31일부터는 0을 돌려줍니다.\n- `paid`나 `days`가 0보다 작으면 `ValueError`를 일으킵니다. 0은 괜찮습니다.\n",
    en: "# Refunds in time\n\n`refund(paid, days)` gives what is paid back, in whole won, `days` days after the purchase. `paid` is what was paid.\n\n- Up to 14 days (14 included) all of it is paid back.\n- From 15 to 30 days (30 included) half of it is; less than one won is dropped.\n- From 31 days on it is 0.\n- `paid` or `days` below 0 raises `ValueError`. 0 is allowed for both.\n",
  },
  reference: `def refund(paid, days):
    if days < 0:
        raise ValueError("days is below 0")
    if paid < 0:
        raise ValueError("paid is below 0")
    if days <= 14:
        return paid
    if days <= 30:
        return paid // 2
    return 0
`,
  decoys: [
    {
      id: "table",
      program: `TERMS = ((14, 1), (30, 2))


def refund(paid, days):
    if min(paid, days) < 0:
        raise ValueError((paid, days))
    for last, part in TERMS:
        if days <= last:
            return (paid - paid % part) // part
    return 0
`,
    },
    {
      id: "late-first",
      program: `def _share(days):
    if days > 30:
        return 0
    return 50 if days > 14 else 100


def refund(amount, age):
    for value in (amount, age):
        if not value >= 0:
            raise ValueError("negative")
    return amount * _share(age) // 100
`,
    },
  ],
  variants: [
    bug("fourteen-is-half", "days <= 14", "days < 14", [
      "14일째 환불을 절반만 줍니다.",
      "Day 14 is treated as late: the last day of the term is lost.",
    ]),
    bug("fifteen-is-full", "days <= 14", "days <= 15", ["15일째에도 모두 돌려줍니다.", "Day 15 still pays everything."]),
    bug("thirty-is-nothing", "days <= 30", "days < 30", ["30일째에 한 푼도 주지 않습니다.", "Day 30 pays nothing."]),
    bug("thirty-one-is-half", "days <= 30", "days <= 31", ["31일째에도 절반을 줍니다.", "Day 31 still pays half."]),
    bug("half-rounded-up", "paid // 2", "-(-paid // 2)", ["홀수 금액에서 1원을 더 줍니다.", "Odd amounts pay one won too many."]),
    bug("negative-days", "days < 0", "days < -1", ["하루 전 날짜를 받아들입니다.", "A day before the purchase is accepted."]),
    bug("negative-paid", "paid < 0", "paid < -1", ["마이너스 1원을 받아들입니다.", "An amount of minus one is accepted."]),
    bug("never-nothing", "return 0", "return paid // 10", ["기한이 지나도 10%를 줍니다.", "A tenth is paid for ever."]),
  ],
  knownTests: `import pytest
from solution import refund


def test_last_day_of_all():
    assert refund(1000, 14) == 1000


def test_first_day_of_half():
    assert refund(1000, 15) == 500


def test_last_day_of_half():
    assert refund(1000, 30) == 500


def test_first_day_of_nothing():
    assert refund(1000, 31) == 0


def test_long_after():
    assert refund(1000, 400) == 0


def test_odd_amount():
    assert refund(1001, 20) == 500


def test_negative_days():
    with pytest.raises(ValueError):
        refund(1000, -1)


def test_negative_paid():
    with pytest.raises(ValueError):
        refund(-1, 1)
`,
  starter: `from solution import refund


def test_next_day():
    assert refund(1000, 1) == 1000
`,
  generator: `PAID = [-2, -1, 0, 1, 2, 999, 1000, 1001]
DAYS = [-2, -1, 0, 1, 13, 14, 15, 16, 29, 30, 31, 32, 400]


def generate(random):
    return (random.choice(PAID), random.choice(DAYS))


def observe(solution, case):
    return solution.refund(*case)
`,
};

function bug(id: string, find: string, put: string, [ko, en]: readonly [string, string]): Candidate["variants"][number] {
  return { id, edits: [{ find, put }], why: { ko, en } };
}

/** One of its variants is caught by no known test. */
export const weakCandidate: Candidate = {
  ...goodCandidate,
  id: "refund-of-a-shop",
  title: { ko: "가게의 환불", en: "Refunds of a shop" },
  knownTests: goodCandidate.knownTests.replace(/def test_odd_amount[\s\S]*?\n\n\n/, ""),
};
export const mendedCandidate: Candidate = { ...weakCandidate, knownTests: goodCandidate.knownTests };

/** The reference, and with it decoys and tests, round up where the statement says to drop what is less than one won. */
export const wrongCandidate: Candidate = {
  ...goodCandidate,
  id: "refund-rounded",
  title: { ko: "반올림한 환불", en: "Refunds that round" },
  reference: goodCandidate.reference.replace("paid // 2", "-(-paid // 2)"),
  decoys: [
    { id: "table", program: goodCandidate.decoys[0]?.program.replace("(paid - paid % part) // part", "(paid + part - 1) // part") ?? "" },
    {
      id: "late-first",
      program: goodCandidate.decoys[1]?.program.replace("amount * _share(age) // 100", "-(-amount * _share(age) // 100)") ?? "",
    },
  ],
  variants: goodCandidate.variants.map((one) =>
    one.id === "half-rounded-up"
      ? bug("half-rounded-down", "-(-paid // 2)", "paid // 2", ["절반을 버립니다.", "Half is rounded down."])
      : one,
  ),
  knownTests: goodCandidate.knownTests.replace("refund(1001, 20) == 500", "refund(1001, 20) == 501"),
};

export const secondSolution = {
  solution: `def refund(paid, days):
    if paid < 0 or days < 0:
        raise ValueError("negative")
    if days > 30:
        return 0
    return paid if days < 15 else int(paid / 2)
`,
  contradictions: [],
};

export const malformed = 'Here is the exercise you asked for:\n{"id": "refund-late", "title": ';

export const isSolve = ({ prompt }: VendorRequest) => prompt.includes("as one file `solution.");

/** Four exercises: one holds, one is mended in one round, one is wrong and stays so, one is no JSON. Told by what is asked, in whatever order. */
export const fourExercises: Script = (request) => {
  const { prompt } = request;
  if (isSolve(request)) return { say: secondSolution, usage: { input: 1_200, output: 400 } };
  const former = prompt.split("## Your former answer")[1];
  if (former !== undefined) {
    if (former.includes(weakCandidate.id)) return { say: mendedCandidate };
    return former.includes(wrongCandidate.id) ? { say: wrongCandidate } : { say: malformed };
  }
  if (prompt.includes(`- ${wrongCandidate.title.en}`)) return { say: malformed };
  if (prompt.includes(`- ${weakCandidate.title.en}`)) return { say: wrongCandidate };
  return { say: prompt.includes(`- ${goodCandidate.title.en}`) ? weakCandidate : goodCandidate };
};
