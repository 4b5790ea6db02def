import { expect, test } from "vitest";
import { readK6Options } from "./read-k6-options.ts";

const read = (options: unknown) => readK6Options("options.json", JSON.stringify(options));

test("users and thresholds are taken", () => {
  expect(
    read({
      vus: 10,
      duration: "30s",
      thresholds: { http_req_duration: ["p(95)<200", "med<50"], http_req_failed: [{ threshold: "rate<0.01", abortOnFail: true }] },
    }),
  ).toEqual({
    users: 10,
    forMs: 30_000,
    abortEarly: true,
    objectives: [
      { metric: "p95", limit: 200 },
      { metric: "p50", limit: 50 },
      { metric: "errors", limit: 0.01 },
    ],
  });
});

test("an arrival rate is a rate per second, whatever its unit", () => {
  expect(
    read({
      scenarios: { api: { executor: "constant-arrival-rate", rate: 600, timeUnit: "1m", duration: "5m", preAllocatedVUs: 20, maxVUs: 80 } },
    }),
  ).toMatchObject({ ratePerSecond: 10, forMs: 300_000, connections: 80 });
});

const refused: readonly [unknown, RegExp][] = [
  [{ vus: 0 }, /vus/],
  [{ stages: [{ duration: "1m", target: 5 }] }, /stages/],
  [{ thresholds: { http_req_duration: ["avg<200"] } }, /"avg<200" cannot be taken/],
  [{ thresholds: { checks: ["rate>0.9"] } }, /thresholds\.checks/],
  [{ scenarios: { a: { executor: "ramping-vus", duration: "1m" } } }, /executor/],
];
for (const [options, message] of refused) {
  test(`${JSON.stringify(options)} is refused and not dropped`, () => {
    expect(() => read(options)).toThrow(message);
  });
}
