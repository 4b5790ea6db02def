import type { BackupPlan } from "@dojang/model";
import type { Backup } from "./backup-row.ts";
import { parseWalName } from "./wal-name.ts";

export interface PruneFacts {
  /** Of one service, newest first. */
  readonly backups: readonly Backup[];
  readonly plan: Pick<BackupPlan, "keep" | "pointInTime" | "everyMs">;
  /** Ids that a deployment's way back needs. */
  readonly needed: readonly string[];
  readonly now: number;
}

export interface PruneDecision {
  readonly backup: Backup;
  readonly keep: boolean;
  readonly why: string;
}

const dayMs = 24 * 60 * 60_000;

/** Pure: for each backup whether it stays, and the first reason why. Days and weeks are those of UTC. */
export function planPruning({ backups, plan, needed, now }: PruneFacts): readonly PruneDecision[] {
  const reasons = new Map<string, string>();
  const keep = (backup: Backup | undefined, why: string) => {
    if (backup !== undefined && !reasons.has(backup.id)) reasons.set(backup.id, why);
  };
  const newestFirst = [...backups].sort((a, b) => b.startedAt - a.startedAt);
  newestFirst.slice(0, plan.keep.last).forEach((backup, index) => {
    keep(backup, `one of the last ${plan.keep.last} (${index + 1}.)`);
  });
  for (const backup of newestOf(newestFirst, dayOf, plan.keep.daily)) keep(backup, `the last of ${dayOf(backup)}`);
  for (const backup of newestOf(newestFirst, weekOf, plan.keep.weekly)) keep(backup, `the last of the week of ${weekOf(backup)}`);
  const proven = newestFirst.find((backup) => backup.proof?.passed === true);
  keep(proven, "the newest one that is proven");
  for (const backup of newestFirst) if (needed.includes(backup.id)) keep(backup, "a deployment's way back needs it");
  if (plan.pointInTime) {
    // With the newest base alone, not even the hour before it could be restored.
    const base = newestFirst.find((backup) => backup.wal !== undefined && backup.wal.consistentAt <= now - plan.everyMs);
    keep(base, "times before the newest backup are restored from it");
  }
  return newestFirst.map((backup) => {
    const why = reasons.get(backup.id);
    return { backup, keep: why !== undefined, why: why ?? "no rule keeps it" };
  });
}

function newestOf(newestFirst: readonly Backup[], periodOf: (backup: Backup) => string, count: number): readonly Backup[] {
  const newest = new Map<string, Backup>();
  for (const backup of newestFirst) if (!newest.has(periodOf(backup))) newest.set(periodOf(backup), backup);
  return [...newest.values()].slice(0, count);
}

function dayOf({ startedAt }: Backup): string {
  return new Date(startedAt).toISOString().slice(0, 10);
}

/** The Monday it began with. */
function weekOf({ startedAt }: Backup): string {
  const weekday = (new Date(startedAt).getUTCDay() + 6) % 7;
  return new Date(startedAt - weekday * dayMs).toISOString().slice(0, 10);
}

/** Pure: segments that no kept base is replayed with. Histories of timelines stay: they are small, and names of timelines are used once. */
export function planWalPruning(kept: readonly Backup[], segments: readonly string[], segmentBytes?: number): readonly string[] {
  const ends = kept
    .flatMap(({ wal }) => (wal === undefined ? [] : [parseWalName(wal.to, segmentBytes)]))
    .filter((end) => end !== undefined);
  if (ends.length === 0) return [];
  return segments.filter((name) => {
    const segment = parseWalName(name, segmentBytes);
    if (segment === undefined) return false;
    const own = ends.filter(({ timeline }) => timeline === segment.timeline).map(({ number }) => number);
    if (own.length > 0) return segment.number <= Math.min(...own);
    // Of a timeline that was left by a restore, and no base of it is kept; those of one that just began wait for their first base.
    return ends.some(({ timeline }) => timeline > segment.timeline);
  });
}
