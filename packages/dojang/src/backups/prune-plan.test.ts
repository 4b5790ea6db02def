import { expect, test } from "vitest";
import type { Backup } from "./backup-row.ts";
import { planPruning, planWalPruning } from "./prune-plan.ts";
import { formatWalName } from "./wal-name.ts";

const hour = 60 * 60_000;
const now = Date.UTC(2026, 10, 21, 12);
const keep = { last: 2, daily: 0, weekly: 0 };
const plan = { keep, pointInTime: false, everyMs: 24 * hour };

function backup(id: string, hoursAgo: number, more: Partial<Backup> = {}): Backup {
  const startedAt = now - hoursAgo * hour;
  const figures = { compared: "exact", figures: [], notes: [] } as const;
  return {
    ...{ id, figures, startedAt, finishedAt: startedAt },
    ...{ site: "s", service: "postgres", kind: "postgres", reason: "" },
    ...{ file: "/x", sizeBytes: 1, digest: "", keyFingerprint: "", copies: [] },
    ...more,
  };
}

const proof = { passed: true } as Backup["proof"];
const kept = (facts: Parameters<typeof planPruning>[0]) => planPruning(facts).flatMap((one) => (one.keep ? [one.backup.id] : []));

test("the last ones stay, the last of each day and of each week", () => {
  const backups = Array.from({ length: 40 }, (_, index) => backup(`b${index}`, index * 12));
  expect(kept({ backups, plan, needed: [], now })).toEqual(["b0", "b1"]);
  expect(kept({ backups, plan: { ...plan, keep: { last: 1, daily: 3, weekly: 0 } }, needed: [], now })).toEqual(["b0", "b2", "b4"]);
  // 21 November 2026 is a Saturday: the weeks before end on Sundays.
  expect(kept({ backups, plan: { ...plan, keep: { last: 1, daily: 0, weekly: 3 } }, needed: [], now })).toEqual(["b0", "b12", "b26"]);
});

test("the newest proven one stays, and those a way back needs, however old", () => {
  const backups = [backup("a", 1), backup("b", 2), backup("c", 3, { proof }), backup("d", 4, { proof }), backup("e", 500)];
  const decisions = planPruning({ backups, plan, needed: ["e"], now });
  expect(decisions.map(({ backup: { id }, keep, why }) => [id, keep, why])).toEqual([
    ["a", true, "one of the last 2 (1.)"],
    ["b", true, "one of the last 2 (2.)"],
    ["c", true, "the newest one that is proven"],
    ["d", false, "no rule keeps it"],
    ["e", true, "a deployment's way back needs it"],
  ]);
});

test("with point-in-time a base that is a whole interval old stays, so that the time before the newest can be had", () => {
  const wal = (hoursAgo: number) => ({ timeline: 1, from: "", to: "", consistentAt: now - hoursAgo * hour, restorePoint: "" });
  const backups = [1, 2, 30, 60].map((hours) => backup(`h${hours}`, hours, { wal: wal(hours) }));
  expect(kept({ backups, plan: { ...plan, keep: { ...keep, last: 1 }, pointInTime: true }, needed: [], now })).toEqual(["h1", "h30"]);
  expect(kept({ backups, plan: { ...plan, keep: { ...keep, last: 1 } }, needed: [], now })).toEqual(["h1"]);
});

test("nothing at all is removed from nothing, and one backup always stays", () => {
  expect(planPruning({ backups: [], plan, needed: [], now })).toEqual([]);
  expect(kept({ backups: [backup("only", 10_000)], plan: { ...plan, keep: { ...keep, last: 1 } }, needed: [], now })).toEqual(["only"]);
});

test("segments before the oldest kept base go, later ones and histories stay", () => {
  const seg = (number: number, timeline = 1) => formatWalName({ timeline, number });
  const at = (to: string) => backup(to, 1, { wal: { timeline: 1, from: to, to, consistentAt: now, restorePoint: "" } });
  const names = [seg(3), seg(4), seg(5), seg(6), "00000002.history", seg(7, 2)];
  expect(planWalPruning([at(seg(6)), at(seg(4))], names)).toEqual([seg(3), seg(4)]);
  expect(planWalPruning([], names)).toEqual([]);
  const onSecond = backup("x", 1, { wal: { timeline: 2, from: "", to: seg(6, 2), consistentAt: now, restorePoint: "" } });
  expect(planWalPruning([onSecond], names)).toEqual([seg(3), seg(4), seg(5), seg(6)]);
});
