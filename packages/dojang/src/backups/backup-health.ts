import { type BackupContext, clockOf } from "./backup-context.ts";
import type { Backup } from "./backup-row.ts";
import { openTargets, targetName } from "./backup-target.ts";
import { listBackups } from "./list-backups.ts";
import { readWalFacts } from "./wal-facts.ts";
import { recoveryWindows } from "./wal-window.ts";

export interface BackupFinding {
  /** Stable, for alerts that must not be told twice: `backup-old:postgres`. */
  readonly id: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly fix: string;
}

export interface BackupHealth {
  readonly findings: readonly BackupFinding[];
  readonly services: readonly ServiceHealth[];
}

export interface ServiceHealth {
  readonly service: string;
  readonly newest?: Backup;
  readonly newestAgeMs?: number;
  /** Since the newest backup that is proven was proven. */
  readonly proofAgeMs?: number;
  readonly oldestUnproven?: Backup;
  readonly unproven: number;
  /** Times that can be restored to, when the log is archived. */
  readonly window?: { readonly from: number; readonly to: number };
}

/** How late a backup may be before it is told of: half of its interval more. */
const patience = 1.5;
const archiveLagMs = 15 * 60_000;

/** What somebody has to be told of the backups of a site. Reads the store, and looks at folders; asks no target over the network. */
export async function backupHealth(context: BackupContext): Promise<BackupHealth> {
  const services = await Promise.all(context.plan.services.map((service) => serviceHealth(context, service)));
  const all = await listBackups(context.store, { site: context.site });
  const findings = [
    ...(await Promise.all(services.map((health) => ageFindings(context, health)))).flat(),
    ...services.flatMap((health) => proofFindings(context, health)),
    ...targetFindings(context, all),
    ...(await targetWarnings(context)),
    ...(context.plan.pointInTime ? await archiveFindings(context) : []),
  ];
  return { findings, services };
}

async function serviceHealth(context: BackupContext, service: string): Promise<ServiceHealth> {
  const backups = await listBackups(context.store, { site: context.site, service });
  const now = clockOf(context);
  const [newest] = backups;
  const proven = backups.find((backup) => backup.proof?.passed === true);
  const unproven = backups.filter((backup) => backup.proof === undefined);
  const windows = recoveryWindows(await readWalFacts(context.store, { site: context.site, service }));
  return {
    service,
    newest,
    newestAgeMs: newest && now - newest.finishedAt,
    proofAgeMs: proven?.proof && now - proven.proof.at,
    oldestUnproven: unproven.at(-1),
    unproven: unproven.length,
    window:
      context.plan.pointInTime && windows.length > 0
        ? { from: Math.min(...windows.map(({ from }) => from)), to: Math.max(...windows.map(({ to }) => to)) }
        : undefined,
  };
}

async function ageFindings(context: BackupContext, { service, newest, newestAgeMs }: ServiceHealth): Promise<readonly BackupFinding[]> {
  const limitMs = context.plan.everyMs * patience;
  if (newestAgeMs !== undefined && newestAgeMs <= limitMs) return [];
  const failed = await context.store.db
    .selectFrom("backup")
    .select("error")
    .where("site", "=", context.site)
    .where("service", "=", service)
    .where("error", "is not", null)
    .where("started_at", ">=", newest?.startedAt ?? 0)
    .orderBy("sequence", "desc")
    .executeTakeFirst();
  const why = failed?.error ? `; the last try ended with: ${failed.error}` : "";
  const age =
    newestAgeMs === undefined
      ? "has no backup at all"
      : `was last saved ${ago(newestAgeMs)}, every ${span(context.plan.everyMs)} is declared`;
  return [
    {
      id: `backup-old:${service}`,
      severity: "error",
      message: `${service} ${age}${why}`,
      fix: `dojang backup ${environmentOf(context)} ${service}`,
    },
  ];
}

function proofFindings(context: BackupContext, health: ServiceHealth): readonly BackupFinding[] {
  const { service, newest, proofAgeMs, oldestUnproven } = health;
  const findings: BackupFinding[] = [];
  const proof = newest?.proof;
  if (newest !== undefined && proof?.passed === false) {
    const message = `the newest backup of ${service} (${newest.id}) was restored and is not what was saved: ${proof.differences.slice(0, 3).join("; ")}`;
    findings.push({ id: `backup-broken:${service}`, severity: "error", message, fix: "take another one now, and look at what differs" });
  }
  if (newest !== undefined && (proofAgeMs === undefined || proofAgeMs > context.plan.provenWithinMs)) {
    const since = proofAgeMs === undefined ? "no backup was ever proven" : `the last proof is ${span(proofAgeMs)} old`;
    const oldest =
      oldestUnproven === undefined
        ? ""
        : `; the oldest unproven one is ${oldestUnproven.id}, taken ${ago(clockOf(context) - oldestUnproven.startedAt)}`;
    const message = `${service}: ${since}, ${span(context.plan.provenWithinMs)} is declared${oldest}`;
    findings.push({
      id: `backup-unproven:${service}`,
      severity: "warning",
      message,
      fix: `dojang backup prove ${environmentOf(context)} ${newest.id}`,
    });
  }
  return findings;
}

/** One finding a target, however many files it refused. */
function targetFindings(context: BackupContext, backups: readonly Backup[]): readonly BackupFinding[] {
  return context.plan.to.flatMap((target): BackupFinding[] => {
    const name = targetName(target);
    const waiting = backups.filter((backup) => backup.copies.find((copy) => copy.target === name)?.state !== "copied");
    const last = waiting.map((backup) => backup.copies.find((copy) => copy.target === name)).find((copy) => copy?.error !== undefined);
    if (last?.error === undefined) return [];
    const message = `${last.error} (${waiting.length} ${waiting.length === 1 ? "backup is" : "backups are"} not there)`;
    return [
      {
        id: `backup-target:${name}`,
        severity: "error",
        message,
        fix: "it is tried again by itself; see that the place can be reached and written to",
      },
    ];
  });
}

async function targetWarnings(context: BackupContext): Promise<readonly BackupFinding[]> {
  const findings: BackupFinding[] = [];
  for (const target of openTargets(context)) {
    const message = await target.warning?.();
    const fix = "mount another disk there, or name a target elsewhere";
    if (message !== undefined) findings.push({ id: `backup-same-disk:${target.name}`, severity: "warning", message, fix });
  }
  return findings;
}

async function archiveFindings(context: BackupContext): Promise<readonly BackupFinding[]> {
  const findings: BackupFinding[] = [];
  for (const service of context.plan.services) {
    const [window] = recoveryWindows(await readWalFacts(context.store, { site: context.site, service }));
    if (window === undefined) continue;
    const lagMs = clockOf(context) - window.to;
    if (window.gap !== undefined) {
      const message = `the log of ${service} has a gap: segment ${window.gap} is missing`;
      findings.push({
        id: `archive-gap:${service}`,
        severity: "error",
        message,
        fix: `dojang backup ${environmentOf(context)} ${service}: a new base begins after it`,
      });
    } else if (lagMs > archiveLagMs) {
      const message = `the log of ${service} is archived up to ${span(lagMs)} ago only`;
      findings.push({
        id: `archive-late:${service}`,
        severity: "error",
        message,
        fix: "see that the service runs, and what it says of archive_command",
      });
    }
  }
  return findings;
}

/** Commands name it as dojang.yml does. */
function environmentOf({ site, project }: BackupContext): string {
  return site.startsWith(`${project}-`) ? site.slice(project.length + 1) : site;
}

function ago(ms: number): string {
  return `${span(ms)} ago`;
}

function span(ms: number): string {
  const units = [
    [24 * 60 * 60_000, "d"],
    [60 * 60_000, "h"],
    [60_000, "min"],
    [1_000, "s"],
  ] as const;
  const [size, unit] = units.find(([size]) => ms >= 2 * size) ?? [1_000, "s"];
  return `${Math.round(ms / size)} ${unit}`;
}
