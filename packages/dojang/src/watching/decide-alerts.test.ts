import { describe, expect, test } from "vitest";
import { decideAlerts, type OpenAlert, type SiteFacts } from "./decide-alerts.ts";
import { faultOf } from "./probe.ts";
import { readWatchPlan } from "./watch-test-bed.ts";

const now = 1_800_000_000_000;
const plan = readWatchPlan({ failures: 3 });
const good: SiteFacts = {
  probes: [{ name: "GET /", results: [] }],
  traffic: { requests: 0, failed: 0 },
  certificate: { beginsAt: now - 77 * 86_400_000, endsAt: now + 60 * 86_400_000, standInSince: undefined, refusal: undefined },
  backup: { newestAt: now - 3_600_000 },
  diskLeft: 0.5,
  isMaintained: false,
};
const results = (pattern: string) =>
  [...pattern].map((mark, index) => ({
    probe: "GET /",
    at: now - index,
    ok: mark === "+",
    status: 500,
    durationMs: 1,
    error: mark === "+" ? undefined : "status 500",
  }));
const probed = (pattern: string): SiteFacts => ({ ...good, probes: [{ name: "GET /", results: results(pattern) }] });
const open = (kind: OpenAlert["kind"], subject = ""): OpenAlert => ({ id: "1", kind, subject, message: "before", raisedAt: now - 1 });
const decide = (facts: SiteFacts, alerts: readonly OpenAlert[] = []) => decideAlerts({ plan, facts, open: alerts, now });
const raised = (facts: SiteFacts) => decide(facts).raise.map(({ kind }) => kind);

describe("a probe", () => {
  test.each([
    ["---", ["probe"]],
    ["--+", []],
    ["--", []],
    ["+--", []],
    ["", []],
  ])("with results %s (the newest first) raises %j", (pattern, kinds) => {
    expect(raised(probed(pattern))).toEqual(kinds);
  });

  test("that goes on failing is no second alert, and one success ends it", () => {
    expect(decide(probed("---"), [open("probe", "GET /")])).toMatchObject({
      raise: [],
      still: [{ id: "1", message: "GET / failed 3 times in a row: status 500" }],
      resolve: [],
    });
    expect(decide(probed("+--"), [open("probe", "GET /")])).toMatchObject({ raise: [], still: [], resolve: [{ id: "1" }] });
  });

  test("that is not asked any more ends its alert", () => {
    expect(decide(good, [open("probe", "GET /old")]).resolve).toHaveLength(1);
  });
});

test.each<[string, SiteFacts, string[]]>([
  ["more errors than allowed", { ...good, traffic: { requests: 100, failed: 6 } }, ["errors"]],
  ["as many errors as allowed", { ...good, traffic: { requests: 100, failed: 5 } }, []],
  ["too few requests to tell", { ...good, traffic: { requests: 19, failed: 19 } }, []],
  [
    "a certificate that ends soon",
    { ...good, certificate: { beginsAt: now - 77 * 86_400_000, endsAt: now + 13 * 86_400_000, standInSince: undefined, refusal: "no" } },
    ["certificate"],
  ],
  [
    "a stand-in for a certificate",
    {
      ...good,
      certificate: { beginsAt: now - 77 * 86_400_000, endsAt: now + 60 * 86_400_000, standInSince: now - 3_600_000, refusal: "no" },
    },
    ["certificate"],
  ],
  [
    "a stand-in of a minute ago",
    { ...good, certificate: { beginsAt: now - 77 * 86_400_000, endsAt: now + 60 * 86_400_000, standInSince: now - 60_000, refusal: "no" } },
    [],
  ],
  ["no HTTPS", { ...good, certificate: undefined }, []],
  ["an old backup", { ...good, backup: { newestAt: now - 27 * 3_600_000 } }, ["backup"]],
  ["no backup where there should be", { ...good, backup: { newestAt: undefined } }, ["backup"]],
  ["no backups planned", { ...good, backup: undefined }, []],
  ["little disk", { ...good, diskLeft: 0.099 }, ["disk"]],
])("%s", (_, facts, kinds) => {
  expect(raised(facts)).toEqual(kinds);
});

test("during maintenance neither probes nor errors raise or end anything, while disks still do", () => {
  const facts = { ...probed("---"), traffic: { requests: 100, failed: 100 }, diskLeft: 0, isMaintained: true };
  expect(raised(facts)).toEqual(["disk"]);
  expect(decide({ ...good, isMaintained: true }, [open("probe", "GET /"), open("disk")])).toMatchObject({
    still: [{ kind: "probe" }],
    resolve: [{ kind: "disk" }],
  });
});

describe("an answer", () => {
  const answer = { status: 200, body: "ready", durationMs: 100, error: undefined };
  const none = { withinMs: undefined, p95Ms: undefined };
  test.each([
    [answer, { status: [200] }, undefined],
    [answer, { status: [201, 204] }, "status 200, expected 201 or 204"],
    [{ ...answer, status: 404 }, {}, "status 404, expected below 400"],
    [{ ...answer, status: 302 }, {}, undefined],
    [answer, { contains: "steady" }, 'the answer does not contain "steady"'],
    [answer, { withinMs: 50 }, "the answer took 100 ms, expected 50 ms at most"],
    [{ ...answer, error: "the certificate ended" }, {}, "the certificate ended"],
    [{ ...answer, status: undefined }, {}, "no answer"],
  ])("%j against %j: %s", (given, expected, fault) => {
    expect(faultOf(given, { ...none, ...expected })).toBe(fault);
  });
});
