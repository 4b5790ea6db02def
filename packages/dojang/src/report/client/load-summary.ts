import type { LoadSummary } from "../report-sections.ts";
import { h } from "./dom.ts";
import { formatDuration } from "./format.ts";
import type { Screen } from "./screen.ts";
import { wideTable } from "./wide-table.ts";

/** The profiles of a run or of one of its jobs, each in a few lines: what was asked, how it went, and why. */
export function loadSummaries(job: string | undefined, screen: Screen): HTMLElement | undefined {
  const { data, t } = screen;
  const own = data.index.load
    .map((summary, number) => ({ summary, number }))
    .filter(({ summary }) => job === undefined || summary.job === job);
  if (own.length === 0) return undefined;
  return h(
    "section",
    { "aria-label": t("load") },
    h("h2", {}, t("load")),
    own.map(({ summary, number }) =>
      h(
        "div",
        { class: "load-card" },
        h(
          "p",
          {},
          h("a", { href: `#/load/${number}` }, h("strong", {}, summary.profile)),
          " ",
          loadVerdict(summary, screen),
          h("span", { class: "facts" }, ` ${summary.job} · ${summary.traffic}`),
        ),
        h("p", { class: "facts" }, summaryFigures(summary, screen)),
        comparisonWords(summary),
        hintsList(summary, screen),
      ),
    ),
  );
}

/** By how much it is slower, or why nobody knows. */
function comparisonWords({ comparison }: LoadSummary): HTMLElement | undefined {
  if (comparison === undefined) return undefined;
  if (comparison.reasons.length > 0) return h("p", { class: "note" }, comparison.reasons.join("; "));
  const [worst] = comparison.metrics.filter((metric) => metric.verdict === "slower").toSorted((a, b) => b.ratio - a.ratio);
  return worst && h("p", { class: "alarm-text" }, worst.words);
}

function summaryFigures({ totals, highestRateHeld, comparison }: LoadSummary, { t }: Screen): string {
  const { percentiles } = totals;
  const errors = Object.values(totals.errors).reduce((sum, times) => sum + times, 0);
  return [
    highestRateHeld === undefined ? `${totals.perSecond.toFixed(0)}/s` : t("heldRate", { rate: Math.round(highestRateHeld.perSecond) }),
    percentiles === undefined
      ? t("noAnswer")
      : `p50 ${formatDuration(percentiles.p50)} · p95 ${formatDuration(percentiles.p95)} · p99 ${formatDuration(percentiles.p99)}`,
    t("errorsCount", { count: errors }),
    comparison === undefined ? undefined : t(`compared_${comparison.verdict}`, { base: comparison.base }),
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

export function loadVerdict({ verdict }: LoadSummary, { t }: Screen): HTMLElement {
  const alarm = verdict.kind === "failed" || verdict.kind === "aborted";
  return h("span", { class: alarm ? "chip alarm" : "chip" }, t(`load_${verdict.kind}`));
}

/** Why it was slow, in the system's words. */
export function hintsList({ hints }: LoadSummary, { t }: Screen): HTMLElement | undefined {
  if (hints.length === 0) return undefined;
  return h(
    "ul",
    { class: "hints", "aria-label": t("likelyReason") },
    hints.map((hint) => h("li", { class: hint.certainty }, hint.text)),
  );
}

export function totalsTable(summary: LoadSummary, { t }: Screen): HTMLElement {
  const rows = summary.requests.length > 1 ? [...summary.requests, summary.totals] : [summary.requests[0] ?? summary.totals];
  const head = [
    t("request"),
    t("askedRate"),
    t("answeredRate"),
    t("rate"),
    "p50",
    "p75",
    "p90",
    "p95",
    "p99",
    "p99.9",
    "max",
    t("errorsRate"),
  ];
  return wideTable(
    head,
    rows.map((row) => {
      const { percentiles } = row;
      const latencies =
        percentiles === undefined
          ? Array.from({ length: 7 }, () => "–")
          : [percentiles.p50, percentiles.p75, percentiles.p90, percentiles.p95, percentiles.p99, percentiles.p999, percentiles.max].map(
              formatDuration,
            );
      const errors = Object.entries(row.errors);
      return h(
        "tr",
        {},
        h("th", { scope: "row" }, row.name),
        [row.asked, row.completed, `${row.perSecond.toFixed(1)}/s`, ...latencies].map((text) => h("td", { class: "number" }, text)),
        h("td", {}, errors.length === 0 ? "0" : errors.map(([kind, count]) => `${count} × ${kind}`).join(", ")),
      );
    }),
  );
}
