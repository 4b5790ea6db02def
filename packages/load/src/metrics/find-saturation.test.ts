import { expect, test } from "vitest";
import { findSaturation, type SaturationFacts } from "./find-saturation.ts";
import type { MetricPoint } from "./metric.ts";

const from = 1_000_000;

/** One reading each half second. */
function points(service: string, metric: string, values: readonly number[]): MetricPoint[] {
  return values.map((value, index) => ({ at: from + index * 500, service, metric, value }));
}

const steady = (value: number, count = 40) => Array.from({ length: count }, () => value);

function facts(all: readonly MetricPoint[], rest: Partial<SaturationFacts> = {}): SaturationFacts {
  return { points: all, marks: [], from, to: from + 20_000, completed: steady(100, 20), cores: 2, ...rest };
}

test("a busy event loop is named first, with its figure and from when on", () => {
  const [first] = findSaturation(
    facts([
      ...points("api", "eventloop.utilization", [...steady(40, 20), ...steady(98, 20)]),
      ...points("api", "eventloop.delay.max", steady(180)),
      ...points("api", "process.cpu", steady(97)),
    ]),
  );
  expect(first).toMatchObject({
    service: "api",
    kind: "event-loop",
    fromMs: 10_000,
    text: "api: event loop at 98 % from 10.0 s, callbacks up to 180 ms late",
  });
});

test("an event loop that is blocked now and then is named though it is idle on average", () => {
  const [first] = findSaturation(
    facts([...points("api", "eventloop.utilization", steady(30)), ...points("api", "eventloop.delay.max", steady(210))]),
  );
  expect(first?.text).toBe("api: event loop blocked for up to 210 ms at a time from 0.0 s");
});

test("a loop is blocked when the generator is late too: what the machine does to everybody is only possible", () => {
  const [first] = findSaturation(
    facts([...points("api", "eventloop.utilization", steady(40)), ...points("api", "eventloop.delay.max", steady(110))], { lateMs: 69 }),
  );
  expect(first).toMatchObject({
    certainty: "possible",
    text: "api: event loop blocked for up to 110 ms at a time from 0.0 s, when the generator was 69 ms late too: others had the processors",
  });
});

test("a loop that is busy without a processor waits for one, and the sentence says so", () => {
  const [first] = findSaturation(
    facts([...points("api", "eventloop.utilization", steady(97)), ...points("api", "process.cpu", steady(30))]),
  );
  expect(first).toMatchObject({
    certainty: "possible",
    text: "api: event loop at 97 % from 0.0 s, with 30 % of a core: others had the processors",
  });
});

test("a loop that is late and idle is not to blame: others had the processors", () => {
  expect(
    findSaturation(
      facts([...points("worker", "eventloop.utilization", steady(3)), ...points("worker", "eventloop.delay.max", steady(210))]),
    ),
  ).toEqual([]);
});

test("many statements for each request name the database, before the service that only waits for it", () => {
  const [first] = findSaturation(
    facts([
      ...points("postgres", "database.statements", steady(5_100)),
      ...points("postgres", "process.cpu", steady(88)),
      ...points("api", "process.cpu", steady(60)),
      ...points("api", "eventloop.utilization", steady(55)),
    ]),
  );
  expect(first).toMatchObject({ service: "postgres", kind: "database" });
  expect(first?.text).toMatch(/^postgres: 51 statements for each request, 88 % of a core/);
});

test("one statement that is most of many is named, before the loop that it keeps busy", () => {
  const statement = "select due_at from reminder where item_id = $1";
  const found = findSaturation(
    facts(
      [
        ...points("postgres", "database.statements", steady(1_300)),
        ...points("postgres", "process.cpu", steady(6)),
        ...points("api", "eventloop.utilization", steady(98)),
        ...points("api", "process.cpu", steady(97)),
      ],
      {
        marks: [
          {
            at: from,
            durationMs: 90,
            service: "postgres",
            kind: "busy-statement",
            text: "12 calls",
            statement: { text: "commit", share: 0.01 },
          },
          {
            at: from,
            durationMs: 40,
            service: "postgres",
            kind: "busy-statement",
            text: "960 calls",
            statement: { text: statement, share: 0.8 },
          },
        ],
      },
    ),
  );
  expect(found.map(({ certainty, text }) => `${certainty}, ${text}`)).toEqual([
    `likely, postgres: 13 statements for each request, 6 % of a core; 10 of them are "${statement}": a query for each row of another looks like this`,
    "likely, api: event loop at 98 % from 0.0 s",
    expect.stringContaining("api: 97 % of a core"),
  ]);
});

test("many statements of which none is repeated, by a database at ease, are no more than possible", () => {
  const [first] = findSaturation(
    facts([...points("postgres", "database.statements", steady(1_300)), ...points("postgres", "process.cpu", steady(6))], {
      marks: [
        {
          at: from,
          durationMs: 1,
          service: "postgres",
          kind: "busy-statement",
          text: "9 calls",
          statement: { text: "select 1", share: 0.1 },
        },
      ],
    }),
  );
  expect(first).toMatchObject({ service: "postgres", certainty: "possible" });
});

test("a full pool, locks, a full heap and slow statements each have a sentence", () => {
  const found = findSaturation(
    facts(
      [
        ...points("postgres", "database.connections", steady(99)),
        ...points("postgres", "database.connections.limit", steady(100)),
        ...points("postgres", "database.waiting", steady(4)),
        ...points("api", "heap.used", steady(95)),
        ...points("api", "heap.limit", steady(100)),
        ...points("api", "gc.time", steady(45)),
        ...points("api", "pool.pending", steady(7)),
      ],
      { marks: [{ at: from + 4_000, durationMs: 900, service: "postgres", kind: "slow-statement", text: "select pg_sleep(1)" }] },
    ),
  ).map((each) => each.text);
  expect(found).toContain("postgres: 99 of 100 connections in use from 0.0 s");
  expect(found).toContain("postgres: 4 statements wait for a lock from 0.0 s");
  expect(found).toContain("api: heap at 95 % of its limit from 0.0 s");
  expect(found).toContain("api: 45 % of the time in garbage collection from 0.0 s");
  expect(found).toContain("api: 7 requests wait for a pooled connection from 0.0 s");
  expect(found).toContain("postgres: 1 slow statement, the slowest 900 ms: select pg_sleep(1)");
});

test("a system that is at ease has no hint, and one bad reading is none either", () => {
  expect(
    findSaturation(
      facts([
        ...points("api", "eventloop.utilization", [...steady(20, 20), 99, ...steady(20, 19)]),
        ...points("api", "process.cpu", steady(30)),
        ...points("postgres", "database.statements", steady(200)),
      ]),
    ),
  ).toEqual([]);
});

test("readings before and after the traffic do not count", () => {
  expect(findSaturation({ ...facts(points("api", "process.cpu", steady(200))), from: from + 30_000, to: from + 60_000 })).toEqual([]);
});
