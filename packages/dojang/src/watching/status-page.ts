import { stat } from "node:fs/promises";
import { join } from "node:path";
import { siteFolders } from "../edge/edge-site.ts";
import { makeOpenFolder, writeWhole } from "../edge/open-folder.ts";
import type { AlertKind } from "./decide-alerts.ts";
import type { ProbeHour } from "./probe-results.ts";

/** What everybody may know of a site. Disks, backups and certificates are its owner's affair. */
export interface SiteStatus {
  readonly name: string;
  readonly at: number;
  readonly isMaintained: boolean;
  readonly probes: readonly { readonly name: string; readonly isOk: boolean | undefined }[];
  readonly hours: readonly ProbeHour[];
  readonly alerts: readonly {
    readonly kind: AlertKind;
    readonly subject: string;
    readonly raisedAt: number;
    readonly resolvedAt: number | undefined;
  }[];
}

type Language = "ko" | "en";
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const shownDays = 90;
const publicKinds: readonly AlertKind[] = ["probe", "errors"];

/** Writes the pages into the folder that nginx serves; readers see the former ones or these. */
export async function writeStatusPages(home: string, siteId: string, status: SiteStatus): Promise<void> {
  const { status: folder } = siteFolders(home, siteId);
  await makeOpenFolder(folder);
  for (const language of ["ko", "en"] as const)
    await writeWhole(join(folder, `index.${language}.html`), renderStatusPage(status, language));
  await writeWhole(join(folder, "status.json"), `${JSON.stringify(statusObject(status), undefined, 2)}\n`);
}

/** True when there is none yet. */
export async function isPageOlder(home: string, siteId: string, ageMs: number): Promise<boolean> {
  const found = await stat(join(siteFolders(home, siteId).status, "status.json")).catch(() => undefined);
  return found === undefined || found.mtimeMs < Date.now() - ageMs;
}

export type Condition = "ok" | "degraded" | "down" | "maintenance" | "unknown";

/** "down" when every probe fails. */
export function conditionOf({ isMaintained, probes, alerts }: SiteStatus): Condition {
  if (isMaintained) return "maintenance";
  const known = probes.filter(({ isOk }) => isOk !== undefined);
  if (known.length === 0) return "unknown";
  const open = alerts.filter(({ kind, resolvedAt }) => publicKinds.includes(kind) && resolvedAt === undefined);
  if (open.length === 0) return "ok";
  return known.every(({ isOk }) => isOk === false) ? "down" : "degraded";
}

/** Share of good results in the time before `at`; undefined when there were none. */
export function uptime(
  hours: readonly ProbeHour[],
  of: { readonly probe?: string; readonly at: number; readonly forMs: number },
): number | undefined {
  const within = hours.filter(
    ({ hour, probe }) => hour > of.at - of.forMs - hourMs && hour <= of.at && (of.probe === undefined || probe === of.probe),
  );
  const total = within.reduce((sum, one) => sum + one.total, 0);
  return total === 0 ? undefined : 1 - within.reduce((sum, one) => sum + one.failed, 0) / total;
}

function statusObject(status: SiteStatus): object {
  const { hours, at } = status;
  const shares = (probe?: string) => ({
    "24h": uptime(hours, { probe, at, forMs: dayMs }) ?? null,
    "7d": uptime(hours, { probe, at, forMs: 7 * dayMs }) ?? null,
    "90d": uptime(hours, { probe, at, forMs: shownDays * dayMs }) ?? null,
  });
  return {
    name: status.name,
    at: new Date(at).toISOString(),
    status: conditionOf(status),
    uptime: shares(),
    probes: status.probes.map(({ name, isOk }) => ({ name, ok: isOk ?? null, uptime: shares(name) })),
  };
}

const words = {
  ko: {
    status: "상태",
    ok: "모두 정상입니다",
    degraded: "일부에 문제가 있습니다",
    down: "응답하지 않습니다",
    maintenance: "점검 중입니다",
    unknown: "아직 확인한 것이 없습니다",
    good: "정상",
    bad: "실패",
    none: "기록 없음",
    uptime: "가동률",
    periods: ["24시간", "7일", "90일"],
    checks: "확인 항목",
    incidents: "최근 문제",
    noIncidents: "90일 동안 문제가 없었습니다.",
    ongoing: "계속 중",
    errors: "오류가 많음",
    updated: "갱신",
    days: "지난 90일",
    began: "시작",
    ended: "끝",
    what: "내용",
  },
  en: {
    status: "Status",
    ok: "Everything works",
    degraded: "Some things do not work",
    down: "The site does not answer",
    maintenance: "The site is being worked on",
    unknown: "Nothing has been checked yet",
    good: "works",
    bad: "fails",
    none: "no data",
    uptime: "Uptime",
    periods: ["24 hours", "7 days", "90 days"],
    checks: "Checks",
    incidents: "Recent incidents",
    noIncidents: "There were none in 90 days.",
    ongoing: "ongoing",
    errors: "Many errors",
    updated: "Updated",
    days: "The last 90 days",
    began: "Began",
    ended: "Ended",
    what: "What",
  },
} as const;

/** One page without scripts, readable on a telephone, in the dark and by a screen reader. */
export function renderStatusPage(status: SiteStatus, language: Language): string {
  const text = words[language];
  const condition = conditionOf(status);
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="60">
<title>${escapeHtml(status.name)}: ${text.status}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(status.name)}</h1>
<p class="condition ${condition}" role="status">${text[condition]}</p>
<section>
<h2>${text.checks}</h2>
${status.probes.map((probe) => renderProbe(status, probe, language)).join("\n")}
</section>
<section>
<h2>${text.incidents}</h2>
${renderIncidents(status, language)}
</section>
<footer>${text.updated} ${renderTime(status.at, language)}</footer>
</main>
</body>
</html>
`;
}

function renderProbe(status: SiteStatus, { name, isOk }: SiteStatus["probes"][number], language: Language): string {
  const text = words[language];
  const { at, hours } = status;
  const periods = [dayMs, 7 * dayMs, shownDays * dayMs].map((forMs, index) => {
    const share = uptime(hours, { probe: name, at, forMs });
    return `<div><dt>${text.periods[index]}</dt><dd>${share === undefined ? text.none : formatShare(share)}</dd></div>`;
  });
  const state = isOk === undefined ? "unknown" : isOk ? "ok" : "down";
  return `<article>
<h3>${escapeHtml(name)} <span class="mark ${state}">${isOk === undefined ? text.none : isOk ? text.good : text.bad}</span></h3>
${renderDays(status, name, language)}
<dl aria-label="${text.uptime}">${periods.join("")}</dl>
</article>`;
}

/** One bar for each day, the newest at the end. */
function renderDays({ at, hours }: SiteStatus, probe: string, language: Language): string {
  const text = words[language];
  const today = Math.floor(at / dayMs);
  const byDay = new Map<number, { total: number; failed: number }>();
  for (const { hour, total, failed } of hours.filter((one) => one.probe === probe)) {
    const day = Math.floor(hour / dayMs);
    const counted = byDay.get(day) ?? { total: 0, failed: 0 };
    byDay.set(day, { total: counted.total + total, failed: counted.failed + failed });
  }
  const bars = Array.from({ length: shownDays }, (_, index) => {
    const day = today - shownDays + 1 + index;
    const counted = byDay.get(day);
    const date = new Date(day * dayMs).toISOString().slice(0, 10);
    if (counted === undefined) return `<i title="${date}: ${text.none}"></i>`;
    const share = 1 - counted.failed / counted.total;
    return `<i class="${share === 1 ? "ok" : share >= 0.95 ? "degraded" : "down"}" title="${date}: ${formatShare(share)}"></i>`;
  });
  const whole = uptime(hours, { probe, at, forMs: shownDays * dayMs });
  const label = `${text.days}: ${whole === undefined ? text.none : formatShare(whole)}`;
  return `<div class="days" role="img" aria-label="${label}">${bars.join("")}</div>`;
}

function renderIncidents({ alerts }: SiteStatus, language: Language): string {
  const text = words[language];
  const shown = alerts.filter(({ kind }) => publicKinds.includes(kind)).slice(0, 20);
  if (shown.length === 0) return `<p>${text.noIncidents}</p>`;
  const rows = shown.map(({ kind, subject, raisedAt, resolvedAt }) => {
    const what = kind === "errors" ? text.errors : subject;
    const end = resolvedAt === undefined ? `<strong>${text.ongoing}</strong>` : renderTime(resolvedAt, language);
    return `<tr><td>${escapeHtml(what)}</td><td>${renderTime(raisedAt, language)}</td><td>${end}</td></tr>`;
  });
  return `<table><thead><tr><th scope="col">${text.what}</th><th scope="col">${text.began}</th><th scope="col">${text.ended}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function renderTime(at: number, language: Language): string {
  const iso = new Date(at).toISOString();
  const shown = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(at);
  return `<time datetime="${iso}">${escapeHtml(shown)} UTC</time>`;
}

/** Never rounded up to 100 %. */
function formatShare(share: number): string {
  const percent = Math.floor(share * 10_000) / 100;
  return `${percent} %`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const style = `
:root { color-scheme: light dark; --ok: #1a7f37; --degraded: #9a6700; --down: #cf222e; --none: #8c959f55; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --degraded: #d29922; --down: #f85149; } }
* { box-sizing: border-box; }
body { font: 1rem/1.6 system-ui, sans-serif; margin: 0; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
h3 { font-size: 1rem; display: flex; justify-content: space-between; gap: 1rem; margin-bottom: .4rem; overflow-wrap: anywhere; }
.condition { font-size: 1.1rem; font-weight: 600; padding: .8rem 1rem; border-left: .4rem solid var(--none); background: #8c959f1a; }
.condition.ok { border-color: var(--ok); }
.condition.degraded, .condition.maintenance { border-color: var(--degraded); }
.condition.down { border-color: var(--down); }
.mark { white-space: nowrap; }
.mark.ok { color: var(--ok); }
.mark.down { color: var(--down); }
.days { display: flex; gap: 1px; height: 2rem; }
.days i { flex: 1; min-width: 1px; background: var(--none); }
.days i.ok { background: var(--ok); }
.days i.degraded { background: var(--degraded); }
.days i.down { background: var(--down); }
dl { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; margin: .4rem 0 1.2rem; }
dl div { display: flex; gap: .4rem; }
dt { opacity: .75; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top; }
footer { margin-top: 3rem; opacity: .75; font-size: .875rem; }
`;
