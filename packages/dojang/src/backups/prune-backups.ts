import { rm } from "node:fs/promises";
import { Problem } from "@dojang/model";
import { storableJson } from "../store/storable.ts";
import { type BackupContext, clockOf } from "./backup-context.ts";
import { targetKey } from "./backup-row.ts";
import { openTargets } from "./backup-target.ts";
import type { SegmentFile } from "./copy-to-targets.ts";
import { listBackups } from "./list-backups.ts";
import { type PruneDecision, planPruning, planWalPruning } from "./prune-plan.ts";
import { listSegments } from "./wal-facts.ts";

export interface Pruned {
  readonly decisions: readonly PruneDecision[];
  readonly segments: readonly string[];
  /** Targets that refused: what lies there stays listed as theirs, and is tried again at the next time. */
  readonly refused: readonly string[];
}

/** Removes what no rule keeps, here and on targets. `needed` are ids that a deployment's way back stands on. */
export async function pruneBackups(
  context: BackupContext,
  request: { readonly service: string; readonly needed: readonly string[] },
): Promise<Pruned> {
  const of = { site: context.site, service: request.service };
  const backups = await listBackups(context.store, of);
  const decisions = planPruning({ backups, plan: context.plan, needed: request.needed, now: clockOf(context) });
  const refused = new Set<string>();
  for (const { backup, keep } of decisions) {
    if (keep) continue;
    // First out of sight: what is half removed is not offered for a restore.
    const row = context.store.db.updateTable("backup").where("id", "=", backup.id);
    await row.set({ removed_at: clockOf(context) }).execute();
    await rm(backup.file, { force: true });
    await row.set({ copies: storableJson(await removeEverywhere(context, backup, refused)) }).execute();
  }
  const kept = decisions.filter(({ keep }) => keep).map(({ backup }) => backup);
  const segments = await listSegments(context.store, of);
  const goes = new Set(
    planWalPruning(
      kept,
      segments.map(({ name }) => name),
    ),
  );
  for (const segment of segments.filter(({ name }) => goes.has(name))) await removeSegment(context, segment, refused);
  const oldest = Math.min(...kept.flatMap(({ wal }) => (wal === undefined ? [] : [wal.consistentAt])));
  if (Number.isFinite(oldest)) {
    const { site, service } = of;
    await context.store.db
      .deleteFrom("wal_mark")
      .where("site", "=", site)
      .where("service", "=", service)
      .where("at", "<", oldest)
      .execute();
  }
  await retryRemovals(context, of, refused);
  return { decisions, segments: [...goes], refused: [...refused] };
}

type Removable = Pick<SegmentFile, "site" | "service" | "file" | "copies">;

async function removeEverywhere(context: BackupContext, item: Removable, refused: Set<string>): Promise<SegmentFile["copies"]> {
  const targets = openTargets(context);
  const left: SegmentFile["copies"][number][] = [];
  for (const copy of item.copies) {
    const target = targets.find((one) => one.name === copy.target);
    try {
      // Also one that never said it was whole: half of it may be there.
      await target?.remove(targetKey(item), context.signal);
      left.push({ ...copy, state: target === undefined ? copy.state : "removed" });
    } catch (error) {
      context.signal.throwIfAborted();
      refused.add(error instanceof Problem ? error.message : String(error));
      left.push(copy);
    }
  }
  return left;
}

async function removeSegment(context: BackupContext, segment: SegmentFile, refused: Set<string>): Promise<void> {
  const copies = await removeEverywhere(context, segment, refused);
  await context.store.db
    .updateTable("wal_segment")
    .set({ removed_at: clockOf(context), copies: storableJson(copies) })
    .where("site", "=", segment.site)
    .where("service", "=", segment.service)
    .where("name", "=", segment.name)
    .execute();
  await rm(segment.file, { force: true });
}

/** What a target did not let go of the last time. */
async function retryRemovals(
  context: BackupContext,
  of: { readonly site: string; readonly service: string },
  refused: Set<string>,
): Promise<void> {
  if (refused.size > 0) return;
  const rows = await context.store.db
    .selectFrom("backup")
    .selectAll()
    .where("site", "=", of.site)
    .where("service", "=", of.service)
    .where("removed_at", "is not", null)
    .execute();
  for (const row of rows.filter(({ copies }) => copies.some(({ state }) => state === "copied"))) {
    const left = await removeEverywhere(context, row, refused);
    await context.store.db
      .updateTable("backup")
      .set({ copies: storableJson(left) })
      .where("id", "=", row.id)
      .execute();
  }
}
