import { expect, test } from "vitest";
import type { Backup } from "./backup-row.ts";
import { formatWalName, parseWalName, walNamesBetween } from "./wal-name.ts";
import { planRecovery, recoveryWindows } from "./wal-window.ts";

const minute = 60_000;
const t0 = Date.UTC(2026, 10, 21, 20, 0, 0);

function base(id: string, at: number, to: string): Backup {
  const wal = { timeline: Number.parseInt(to.slice(0, 8), 16), from: to, to, consistentAt: at, restorePoint: id };
  const figures = { compared: "exact", figures: [], notes: [] } as const;
  return {
    ...{ id, figures, wal },
    ...{ site: "s", service: "postgres", kind: "postgres", reason: "", startedAt: at - 1000, finishedAt: at },
    ...{ file: "/x", sizeBytes: 1, digest: "", keyFingerprint: "", copies: [] },
  };
}

const seg = (number: number, timeline = 1) => formatWalName({ timeline, number });
const marks = (...pairs: [number, number][]) => pairs.map(([minutes, number]) => ({ at: t0 + minutes * minute, segment: seg(number) }));

test("names of segments count on over the end of a log", () => {
  expect(parseWalName("0000000100000002000000FF")).toEqual({ timeline: 1, number: 2 * 256 + 255 });
  expect(formatWalName({ timeline: 1, number: 3 * 256 })).toBe("000000010000000300000000");
  expect(walNamesBetween("0000000100000000000000FE", "000000010000000100000001")).toEqual([
    "0000000100000000000000FE",
    "0000000100000000000000FF",
    "000000010000000100000000",
    "000000010000000100000001",
  ]);
  expect(formatWalName({ timeline: 1, number: 5 }, 1024 ** 3)).toBe("000000010000000100000001");
  expect(parseWalName("00000002.history")).toBeUndefined();
  expect(() => walNamesBetween(seg(5), seg(4))).toThrow();
  expect(() => walNamesBetween(seg(5), seg(6, 2))).toThrow();
});

test("a time is restored from the newest base before it, with the segments up to the first mark after it", () => {
  const facts = {
    bases: [base("one", t0, seg(3)), base("two", t0 + 10 * minute, seg(7))],
    segments: [4, 5, 6, 7, 8, 9].map((number) => seg(number)),
    marks: marks([2, 4], [4, 5], [11, 8], [12, 9]),
  };
  expect(planRecovery(facts, t0 + 3 * minute)).toMatchObject({ base: { id: "one" }, segments: [seg(4), seg(5)] });
  expect(planRecovery(facts, t0 + 2 * minute)).toMatchObject({ base: { id: "one" }, segments: [seg(4)] });
  expect(planRecovery(facts, t0 + 11.5 * minute)).toMatchObject({ base: { id: "two" }, segments: [seg(8), seg(9)] });
  expect(planRecovery(facts, t0 + 12 * minute).base.id).toBe("two");
});

test("a time before the oldest base or after the last archived log is refused with the times that can be had", () => {
  const facts = { bases: [base("one", t0, seg(3))], segments: [seg(4)], marks: marks([2, 4], [5, 6]) };
  const had = "times can be had from 2026-11-21 20:00:00.000 UTC to 2026-11-21 20:02:00.000 UTC";
  expect(() => planRecovery(facts, t0 - 1)).toThrow(`before the oldest base backup; ${had}`);
  expect(() => planRecovery(facts, t0 + 2 * minute + 1)).toThrow(`after the last archived log; ${had}`);
  expect(() => planRecovery({ bases: [], segments: [], marks: [] }, t0)).toThrow("there is no base backup with an archived log");
});

test("a gap in the log ends what the bases before it reach, and is named", () => {
  const facts = {
    bases: [base("one", t0, seg(3)), base("two", t0 + 10 * minute, seg(8))],
    segments: [4, 6, 7, 9].map((number) => seg(number)),
    marks: marks([2, 4], [5, 6], [12, 9]),
  };
  expect(recoveryWindows(facts).map(({ base, from, to, gap }) => [base.id, (from - t0) / minute, (to - t0) / minute, gap])).toEqual([
    ["two", 10, 12, undefined],
    ["one", 0, 2, seg(5)],
  ]);
  expect(() => planRecovery(facts, t0 + 5 * minute)).toThrow(`(segment ${seg(5)} is missing)`);
  expect(() => planRecovery(facts, t0 + 5 * minute)).toThrow("to 2026-11-21 20:02:00.000 UTC, and from 2026-11-21 20:10:00.000 UTC");
});

test("the log of another timeline is not replayed on a base of this one", () => {
  const facts = {
    bases: [base("one", t0, seg(3))],
    segments: [seg(4), seg(5, 2), seg(5)],
    marks: [...marks([1, 4]), { at: t0 + 3 * minute, segment: seg(5, 2) }],
  };
  expect(() => planRecovery(facts, t0 + 2 * minute)).toThrow("after the last archived log");
});
