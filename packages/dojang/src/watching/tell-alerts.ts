import type { WatchPlan } from "@dojang/model";
import { sql } from "kysely";
import { storableText } from "../store/storable.ts";
import type { Store } from "../store/store.ts";
import { type AlertMessage, targetName, tellTarget } from "./alert-target.ts";

/** How often a target is tried: after 10 s, then three times as long each time, an hour at most; some three hours in all. */
const mostAttempts = 9;
const firstWaitMs = 10_000;
const longestWaitMs = 3_600_000;
/** While one is sent nobody else takes it; longer than any target may take. */
const claimMs = 60_000;
const mostAtOnce = 100;

export interface TellSummary {
  readonly sent: number;
  readonly failed: number;
}

/**
 * Tells what is to be told by now. What was raised is told before it is told to be over. Everything is sent at least once: who is killed
 * between sending and noting it has it sent again, under the same id.
 */
export async function tellAlerts(options: {
  readonly store: Store;
  readonly site: string;
  readonly address: string;
  readonly targets: WatchPlan["alerts"];
  readonly values: Readonly<Record<string, string>>;
  readonly now: number;
  readonly signal: AbortSignal;
}): Promise<TellSummary> {
  const { store, site, now, signal } = options;
  let [sent, failed] = [0, 0];
  for (const notice of await claimDue(store, site, now)) {
    signal.throwIfAborted();
    const target = options.targets.find((one) => targetName(one) === notice.target);
    const message: AlertMessage = { ...notice.message, address: options.address };
    const error =
      target === undefined
        ? "no longer in dojang.yml"
        : await tellTarget({ target, message, values: options.values, signal }).then(
            () => undefined,
            (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)),
          );
    signal.throwIfAborted();
    await note(store, { ...notice, error, isGone: target === undefined, now });
    if (error === undefined) sent++;
    else failed++;
  }
  return { sent, failed };
}

/** A target that could not be told something lately, for those who look after the site. */
export interface FailingTarget {
  readonly target: string;
  readonly attempts: number;
  readonly error: string;
  /** "pending" is tried again. */
  readonly state: "pending" | "failed";
}

export async function failingTargets(store: Store, site: string): Promise<readonly FailingTarget[]> {
  const rows = await store.db
    .selectFrom("alert_notice")
    .innerJoin("alert", "alert.id", "alert_notice.alert")
    .select(["target", "attempts", "alert_notice.error", "state"])
    .where("alert.site", "=", site)
    .where("state", "!=", "sent")
    .where("alert_notice.error", "is not", null)
    .orderBy("alert_notice.next_at", "desc")
    .limit(100)
    .execute();
  return rows.map(({ target, attempts, error, state }) => ({
    target,
    attempts,
    error: error ?? "",
    state: state === "failed" ? "failed" : "pending",
  }));
}

interface Notice {
  readonly alert: string;
  readonly event: "raised" | "resolved";
  readonly target: string;
  readonly attempts: number;
  readonly message: Omit<AlertMessage, "address">;
}

async function claimDue(store: Store, site: string, now: number): Promise<readonly Notice[]> {
  const { rows } = await sql<{
    alert: string;
    event: "raised" | "resolved";
    target: string;
    attempts: number;
    kind: string;
    subject: string;
    message: string;
    raised_at: number;
    resolved_at: number | null;
  }>`
    with due as (
      select n.alert, n.event, n.target from alert_notice n join alert a on a.id = n.alert
      where n.state = 'pending' and n.next_at <= ${now} and a.site = ${site}
        and not exists (select 1 from alert_notice e where n.event = 'resolved' and e.alert = n.alert and e.target = n.target and e.event = 'raised' and e.state = 'pending')
      order by n.next_at limit ${mostAtOnce} for update of n skip locked
    )
    update alert_notice n set attempts = n.attempts + 1, next_at = ${now + claimMs}
    from due, alert a
    where n.alert = due.alert and n.event = due.event and n.target = due.target and a.id = n.alert
    returning n.alert, n.event, n.target, n.attempts, a.kind, a.subject, a.message, a.raised_at, a.resolved_at
  `.execute(store.db);
  return rows.map(({ alert, event, target, attempts, kind, subject, message, raised_at, resolved_at }) => ({
    alert,
    event,
    target,
    attempts,
    message: {
      alert,
      event,
      site,
      kind,
      subject,
      message,
      raisedAt: raised_at,
      resolvedAt: event === "raised" ? undefined : (resolved_at ?? undefined),
    },
  }));
}

async function note(
  store: Store,
  notice: Notice & { readonly error: string | undefined; readonly isGone: boolean; readonly now: number },
): Promise<void> {
  const { alert, event, target, attempts, error, isGone, now } = notice;
  const isOver = isGone || attempts >= mostAttempts;
  const waitMs = Math.min(longestWaitMs, firstWaitMs * 3 ** (attempts - 1));
  await store.db
    .updateTable("alert_notice")
    .set(
      error === undefined
        ? { state: "sent", error: null, sent_at: now }
        : { state: isOver ? "failed" : "pending", error: storableText(error), next_at: now + waitMs },
    )
    .where("alert", "=", alert)
    .where("event", "=", event)
    .where("target", "=", target)
    .execute();
}
