import { Problem } from "@dojang/model";
import type { Backup } from "./backup-row.ts";
import { formatWalName, parseWalName } from "./wal-name.ts";

/** A transaction of ours: all that was committed before `at` is in the log up to the end of `segment`. */
export interface WalMark {
  readonly at: number;
  readonly segment: string;
}

export interface WalFacts {
  /** Those with `wal`, of one service. */
  readonly bases: readonly Backup[];
  /** Names of archived segments. */
  readonly segments: readonly string[];
  readonly marks: readonly WalMark[];
  readonly segmentBytes?: number;
}

export interface WalWindow {
  readonly base: Backup;
  readonly from: number;
  readonly to: number;
  /** The segment that is missing after `to`, where later ones are there. */
  readonly gap?: string;
}

/** For each base backup the times it can be replayed to, newest base first. A gap in the log ends the window of all bases before it. */
export function recoveryWindows(facts: WalFacts): readonly WalWindow[] {
  const archived = new Set(facts.segments);
  const numbers = facts.segments.map((name) => parseWalName(name, facts.segmentBytes)).filter((name) => name !== undefined);
  const windows = facts.bases.flatMap((base): WalWindow[] => {
    const end = base.wal === undefined ? undefined : parseWalName(base.wal.to, facts.segmentBytes);
    if (base.wal === undefined || end === undefined) return [];
    let last = end.number;
    while (archived.has(formatWalName({ timeline: end.timeline, number: last + 1 }, facts.segmentBytes))) last++;
    const isBehind = numbers.some(({ timeline, number }) => timeline === end.timeline && number > last + 1);
    const gap = isBehind ? formatWalName({ timeline: end.timeline, number: last + 1 }, facts.segmentBytes) : undefined;
    const reached = facts.marks.filter(({ segment }) => {
      const mark = parseWalName(segment, facts.segmentBytes);
      return mark !== undefined && mark.timeline === end.timeline && mark.number <= last;
    });
    const to = Math.max(base.wal.consistentAt, ...reached.map(({ at }) => at));
    return [{ base, from: base.wal.consistentAt, to, gap }];
  });
  return windows.sort((a, b) => b.from - a.from);
}

export interface RecoveryPlan {
  readonly base: Backup;
  /** To be replayed on top of what the base has, in order. */
  readonly segments: readonly string[];
}

/** Which base and which segments hold the state of a time. Problem `restore-time-outside` names the times that can be had. */
export function planRecovery(facts: WalFacts, at: number): RecoveryPlan {
  const windows = recoveryWindows(facts);
  const window = windows.find(({ from, to }) => from <= at && at <= to);
  if (window === undefined) throw outside(windows, at);
  const end = parseWalName(window.base.wal?.to ?? "", facts.segmentBytes);
  const later = facts.marks.filter((mark) => mark.at >= at && parseWalName(mark.segment, facts.segmentBytes)?.timeline === end?.timeline);
  const first = later.sort((a, b) => a.at - b.at)[0];
  const until = first === undefined ? end : parseWalName(first.segment, facts.segmentBytes);
  const segments: string[] = [];
  for (let number = (end?.number ?? 0) + 1; number <= (until?.number ?? -1); number++) {
    segments.push(formatWalName({ timeline: end?.timeline ?? 1, number }, facts.segmentBytes));
  }
  return { base: window.base, segments };
}

function outside(windows: readonly WalWindow[], at: number): Problem {
  const ranges = mergeRanges(windows);
  const had = ranges.map(({ from, to }) => `${utc(from)} to ${utc(to)}`).join(", and from ");
  const oldest = ranges[0]?.from;
  const newest = ranges.at(-1)?.to;
  const gap = windows.find((window) => window.gap !== undefined)?.gap;
  const why =
    oldest === undefined || newest === undefined
      ? "there is no base backup with an archived log"
      : at < oldest
        ? `it is before the oldest base backup; times can be had from ${had}`
        : at > newest
          ? `it is after the last archived log; times can be had from ${had}`
          : `the log of that time is not there${gap === undefined ? "" : ` (segment ${gap} is missing)`}; times can be had from ${had}`;
  return new Problem({
    code: "restore-time-outside",
    exit: "configuration",
    message: `the state of ${utc(at)} cannot be restored: ${why}`,
    fix: "choose a time within, or restore a whole backup by its id; the log of the last minute is archived a minute later",
  });
}

function mergeRanges(windows: readonly WalWindow[]): { readonly from: number; readonly to: number }[] {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of [...windows].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

export function utc(at: number): string {
  return `${new Date(at).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}
