import type { WatchPlan } from "@dojang/model";
import type { Traffic } from "../edge/access-log.ts";
import type { ProbeResult } from "./probe.ts";

export type AlertKind = "probe" | "errors" | "certificate" | "backup" | "disk";

/** Something is not as it should be. Of each kind and subject there is one at a time. */
export interface Alert {
  readonly kind: AlertKind;
  /** The probe; empty where a site has but one of the kind. */
  readonly subject: string;
  readonly message: string;
}

export interface OpenAlert extends Alert {
  readonly id: string;
  readonly raisedAt: number;
}

/** Everything that is known of a site at one moment. */
export interface SiteFacts {
  /** The newest results of each probe first, as many as the plan's `failures` at least where there are so many. */
  readonly probes: readonly { readonly name: string; readonly results: readonly ProbeResult[] }[];
  /** Of the last five minutes. */
  readonly traffic: Pick<Traffic, "requests" | "failed">;
  /** Undefined for a site without HTTPS. */
  readonly certificate:
    | {
        readonly beginsAt: number;
        readonly endsAt: number;
        /** Since when one of our own stands in for an authority's, which visitors are warned of; undefined when none does. */
        readonly standInSince: number | undefined;
        /** Why the authority gives none. */
        readonly refusal: string | undefined;
      }
    | undefined;
  /** Undefined when no backups are planned. */
  readonly backup: { readonly newestAt: number | undefined } | undefined;
  readonly diskLeft: number;
  /** While it is worked on, visitors are told so: neither probes nor errors are news. */
  readonly isMaintained: boolean;
}

export interface AlertDecision {
  readonly raise: readonly Alert[];
  readonly still: readonly OpenAlert[];
  readonly resolve: readonly OpenAlert[];
}

/** Less traffic than this says nothing of a site. */
const leastRequests = 20;
/** An authority usually takes seconds. */
const standInMs = 10 * 60_000;

/** What is new, what goes on and what is over, from facts alone. */
export function decideAlerts(options: {
  readonly plan: WatchPlan;
  readonly facts: SiteFacts;
  readonly open: readonly OpenAlert[];
  readonly now: number;
}): AlertDecision {
  const { plan, facts, open, now } = options;
  const isOpen = (kind: AlertKind, subject: string) => open.some((alert) => alert.kind === kind && alert.subject === subject);
  const present = [
    ...facts.probes.flatMap(({ name, results }) => probeAlert(name, results, { needed: isOpen("probe", name) ? 1 : plan.failures })),
    ...errorsAlert(plan, facts),
    ...certificateAlert(plan, facts, now),
    ...backupAlert(plan, facts, now),
    ...diskAlert(plan, facts),
  ];
  const same = (a: Alert) => (b: Alert) => a.kind === b.kind && a.subject === b.subject;
  const isAffected = ({ kind }: Alert) => facts.isMaintained && (kind === "probe" || kind === "errors");
  return {
    raise: present.filter((alert) => !open.some(same(alert)) && !isAffected(alert)),
    still: open.flatMap((alert) => {
      const now = present.find(same(alert));
      if (now !== undefined) return [{ ...alert, message: now.message }];
      return isAffected(alert) ? [alert] : [];
    }),
    resolve: open.filter((alert) => !present.some(same(alert)) && !isAffected(alert)),
  };
}

function probeAlert(name: string, results: readonly ProbeResult[], { needed }: { readonly needed: number }): readonly Alert[] {
  const firstGood = results.findIndex(({ ok }) => ok);
  const failures = firstGood === -1 ? results.length : firstGood;
  if (failures < needed) return [];
  const times = failures === 1 ? "" : ` ${failures} times in a row`;
  return [{ kind: "probe", subject: name, message: `${name} failed${times}: ${results[0]?.error ?? "unknown"}` }];
}

function errorsAlert(plan: WatchPlan, { traffic: { requests, failed } }: SiteFacts): readonly Alert[] {
  if (requests < leastRequests || failed / requests <= plan.errors) return [];
  const message = `${percent(failed / requests)} of ${requests} requests failed in five minutes, at most ${percent(plan.errors)} may`;
  return [{ kind: "errors", subject: "", message }];
}

function certificateAlert(plan: WatchPlan, { certificate }: SiteFacts, now: number): readonly Alert[] {
  if (certificate === undefined) return [];
  const { beginsAt, endsAt, standInSince, refusal } = certificate;
  const because = refusal === undefined ? "" : `: ${refusal}`;
  const alert = (message: string): readonly Alert[] => [{ kind: "certificate", subject: "", message: `${message}${because}` }];
  if (standInSince !== undefined && now - standInSince > standInMs)
    return alert("the authority has not given a certificate, visitors are warned of a self-signed one");
  // One that lives for days only is renewed after two thirds of its life: it is late when a quarter is left.
  if (endsAt - now >= Math.min(plan.certificateLeftMs, (endsAt - beginsAt) / 4)) return [];
  return alert(`the certificate ${endsAt <= now ? "ended" : "ends"} ${new Date(endsAt).toISOString()}`);
}

function backupAlert(plan: WatchPlan, { backup }: SiteFacts, now: number): readonly Alert[] {
  if (backup === undefined) return [];
  const { newestAt } = backup;
  if (newestAt === undefined) return [{ kind: "backup", subject: "", message: "there is no backup" }];
  if (now - newestAt <= plan.backupAgeMs) return [];
  return [{ kind: "backup", subject: "", message: `the newest backup is of ${new Date(newestAt).toISOString()}` }];
}

function diskAlert(plan: WatchPlan, { diskLeft }: SiteFacts): readonly Alert[] {
  if (diskLeft >= plan.diskLeft) return [];
  return [{ kind: "disk", subject: "", message: `${percent(diskLeft)} of the disk is left, ${percent(plan.diskLeft)} should be` }];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, "")} %`;
}
