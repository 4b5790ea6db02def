import type { WatchPlan } from "@dojang/model";
import { newId } from "../store/id.ts";
import { retryWhenLost } from "../store/lost-connection.ts";
import { storableText } from "../store/storable.ts";
import type { Store } from "../store/store.ts";
import { targetName } from "./alert-target.ts";
import type { AlertDecision, AlertKind, OpenAlert } from "./decide-alerts.ts";

export interface AlertRecord extends OpenAlert {
  readonly resolvedAt: number | undefined;
}

/** Open ones of a site, the oldest first. */
export async function openAlerts(store: Store, site: string): Promise<readonly OpenAlert[]> {
  return await listAlerts(store, { site, onlyOpen: true, limit: 1000 });
}

/** The newest first; open ones alone the oldest first. */
export async function listAlerts(
  store: Store,
  of: { readonly site: string; readonly onlyOpen: boolean; readonly limit: number },
): Promise<readonly AlertRecord[]> {
  let query = store.db.selectFrom("alert").selectAll().where("site", "=", of.site);
  if (of.onlyOpen) query = query.where("resolved_at", "is", null);
  const rows = await query
    .orderBy("raised_at", of.onlyOpen ? "asc" : "desc")
    .limit(of.limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    // Only `applyDecision` writes kinds.
    kind: row.kind as AlertKind,
    subject: row.subject,
    message: row.message,
    raisedAt: row.raised_at,
    resolvedAt: row.resolved_at ?? undefined,
  }));
}

/**
 * Writes what was decided, and with it whom it is to be told: whatever dies afterwards, nobody is forgotten and nobody told twice of one
 * alert by two watchers, because an alert is opened and closed once.
 */
export async function applyDecision(
  store: Store,
  change: { readonly site: string; readonly decision: AlertDecision; readonly targets: WatchPlan["alerts"]; readonly now: number },
): Promise<void> {
  const { site, decision, now } = change;
  const targets = [...new Set(change.targets.map(targetName))];
  await retryWhenLost(() =>
    store.db.transaction().execute(async (transaction) => {
      const notify = async (alert: string, event: "raised" | "resolved") => {
        if (targets.length === 0) return;
        await transaction
          .insertInto("alert_notice")
          .values(targets.map((target) => ({ alert, event, target, next_at: now, error: null, sent_at: null })))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      };
      for (const alert of decision.raise) {
        const row = { id: newId(now), site, kind: alert.kind, subject: storableText(alert.subject), message: storableText(alert.message) };
        const made = await transaction
          .insertInto("alert")
          .values({ ...row, raised_at: now, seen_at: now, resolved_at: null })
          .onConflict((conflict) => conflict.columns(["site", "kind", "subject"]).where("resolved_at", "is", null).doNothing())
          .returning("id")
          .executeTakeFirst();
        if (made !== undefined) await notify(made.id, "raised");
      }
      for (const { id, message } of decision.still)
        await transaction
          .updateTable("alert")
          .set({ seen_at: now, message: storableText(message) })
          .where("id", "=", id)
          .execute();
      for (const { id } of decision.resolve) {
        const closed = await transaction
          .updateTable("alert")
          .set({ resolved_at: now })
          .where("id", "=", id)
          .where("resolved_at", "is", null)
          .returning("id")
          .executeTakeFirst();
        if (closed !== undefined) await notify(closed.id, "resolved");
      }
    }),
  );
}

const alertsKeptMs = 400 * 86_400_000;

/** Forgets alerts that were over long ago, with what was told of them. */
export async function retainAlerts(store: Store, now: number): Promise<void> {
  await store.db
    .deleteFrom("alert")
    .where("resolved_at", "<", now - alertsKeptMs)
    .execute();
}
