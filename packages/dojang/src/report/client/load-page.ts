import type { LoadDetail, LoadSummary } from "../report-sections.ts";
import { type Child, h } from "./dom.ts";
import { formatDuration, formatSize } from "./format.ts";
import { linePlot, type PlottedSeries } from "./line-plot.ts";
import { type ShownSamples, unpackLoadSamples } from "./load-samples.ts";
import { hintsList, loadVerdict, totalsTable } from "./load-summary.ts";
import { emptyNote } from "./marks.ts";
import type { TimeRange } from "./plot-frame.ts";
import { runsOf } from "./plotted-run.ts";
import { runsPlots } from "./runs-plot.ts";
import { scatterPlot } from "./scatter-plot.ts";
import type { Screen } from "./screen.ts";
import { wideTable } from "./wide-table.ts";

/** One profile of a performance job: verdict and reason first, then every request, then everything measured, on one axis of time. */
export async function loadPage(number: string, screen: Screen): Promise<HTMLElement> {
  const { data, t } = screen;
  const summary = data.index.load[Number(number)];
  if (summary === undefined) return h("div", {}, h("h1", {}, t("load")), emptyNote(t("notFound")));
  const detail = await data.load(Number(number));
  return h(
    "article",
    {},
    h(
      "header",
      { class: "page-head" },
      h("p", { class: "over" }, h("a", { href: `#/job/${encodeURIComponent(summary.job)}` }, summary.job)),
      h("h1", {}, `${summary.profile}: `, loadVerdict(summary, screen)),
      h("p", { class: "facts" }, [summary.traffic, formatDuration(summary.durationMs)].join(" · ")),
    ),
    summary.verdict.kind !== "invalid" &&
      summary.verdict.reasons.length > 0 &&
      h(
        "ul",
        {},
        summary.verdict.reasons.map((reason) => h("li", {}, reason)),
      ),
    summary.highestRateHeld !== undefined && h("p", {}, heldText(summary.highestRateHeld, screen)),
    hintsList(summary, screen),
    comparisonView(summary, screen),
    h("section", {}, h("h2", {}, t("requestsOfLoad")), totalsTable(summary, screen)),
    detail === undefined ? emptyNote(t("loadLeftOut")) : await plots({ summary, detail }, screen),
    earlierRuns(summary, screen),
  );
}

function heldText({ perSecond, brokenAtMs, brokenBy }: NonNullable<LoadSummary["highestRateHeld"]>, { t }: Screen): string {
  const rate = Math.round(perSecond);
  if (brokenAtMs === undefined) return t("heldToEnd", { rate });
  return t("heldUntil", { rate, at: formatDuration(brokenAtMs), by: brokenBy ?? "" });
}

function comparisonView({ comparison }: LoadSummary, { t }: Screen): HTMLElement | undefined {
  if (comparison === undefined) return undefined;
  const verdictWord = t(`compared_${comparison.verdict}`, { base: comparison.base });
  return h(
    "section",
    {},
    h("h2", {}, t("comparison")),
    h("p", {}, h("strong", {}, verdictWord)),
    comparison.reasons.length > 0 && h("p", { class: "note" }, comparison.reasons.join("; ")),
    comparison.metrics.length > 0 &&
      h(
        "ul",
        {},
        comparison.metrics.map((metric) =>
          h(
            "li",
            { class: metric.verdict === "slower" ? "alarm-text" : undefined },
            metric.words,
            h("span", { class: "facts" }, ` · ${t("smallestSeen", { percent: ((metric.smallestDetectable - 1) * 100).toFixed(0) })}`),
          ),
        ),
      ),
  );
}

interface Loaded {
  readonly summary: LoadSummary;
  readonly detail: LoadDetail;
}

async function plots({ summary, detail }: Loaded, screen: Screen): Promise<HTMLElement> {
  const { t } = screen;
  const whole: TimeRange = { fromMs: 0, toMs: Math.max(summary.durationMs, 1000) };
  let range = whole;
  const shown = new Set(detail.samples.requests.map((_, index) => index));
  const redraws: (() => void)[] = [];
  const redraw = (): void => {
    for (const each of redraws) each();
  };
  const samples = await unpackLoadSamples(detail.samples);
  const rangeOf = () => range;
  const onRange = (chosen: TimeRange | undefined): void => {
    range = chosen ?? whole;
    redraw();
  };
  const transactionOf = (row: number) => detail.transactions[row];
  const scatter = scatterPlot(
    {
      facts: { samples: detail.samples, durationMs: summary.durationMs },
      samples,
      range: rangeOf,
      onRange,
      transactionOf,
      isShown: (request) => shown.has(request),
    },
    screen,
  );
  redraws.push(scatter.redraw);
  const add = (options: Parameters<typeof linePlot>[0]): HTMLElement => {
    const plot = linePlot(options);
    redraws.push(plot.redraw);
    return plot.element;
  };
  const perSecond = (name: string, pick: (second: LoadDetail["seconds"][number]) => number | undefined): PlottedSeries => ({
    name,
    atMs: detail.seconds.map((second) => second.atMs + 500),
    values: detail.seconds.map(pick),
  });
  return h(
    "section",
    { class: "load-plots" },
    h("h2", {}, t("everyRequest")),
    samples.count < detail.samples.of && h("p", { class: "note" }, t("sampled", { count: samples.count, of: detail.samples.of })),
    detail.samples.requests.length > 1 && requestChoice(detail.samples.requests, shown, redraw),
    scatter.element,
    h("button", { type: "button", class: "quiet", onclick: () => onRange(undefined) }, t("wholeTime")),
    slowestTable(samples, detail, screen),
    h("h2", {}, t("overTime")),
    add({
      title: t("latency"),
      series: [
        perSecond("p50", (second) => second.p50),
        perSecond("p90", (second) => second.p90),
        perSecond("p99", (second) => second.p99),
      ],
      format: formatDuration,
      range: rangeOf,
      height: 150,
    }),
    add({
      title: t("rate"),
      series: [
        perSecond(t("askedRate"), (second) => second.asked),
        perSecond(t("answeredRate"), (second) => second.completed),
        perSecond(t("errorsRate"), (second) => second.errors),
      ],
      format: (value) => `${value.toFixed(0)}/s`,
      range: rangeOf,
    }),
    h("h2", {}, t("services")),
    metricPlots(detail, rangeOf, add),
  );
}

function requestChoice(names: readonly string[], shown: Set<number>, redraw: () => void): HTMLElement {
  return h(
    "p",
    { class: "choices" },
    names.map((name, index) => {
      const box = h("input", { type: "checkbox", checked: true });
      box.addEventListener("change", () => {
        if (box.checked) shown.add(index);
        else shown.delete(index);
        redraw();
      });
      return h("label", {}, box, ` ${name}`);
    }),
  );
}

const mostSlowRequests = 15;

/** The dots that lead somewhere, for those who use no pointer too. */
function slowestTable(samples: ShownSamples, detail: LoadDetail, { t }: Screen): HTMLElement | undefined {
  const rows = Object.keys(detail.transactions)
    .map(Number)
    .toSorted((a, b) => (samples.latencyMs[b] ?? 0) - (samples.latencyMs[a] ?? 0))
    .slice(0, mostSlowRequests);
  if (rows.length === 0) return undefined;
  return h(
    "details",
    {},
    h("summary", {}, t("slowestFollowed")),
    h(
      "ul",
      {},
      rows.map((row) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: `#/transaction/${encodeURIComponent(detail.transactions[row] ?? "")}` },
            `${detail.samples.requests[samples.request[row] ?? 0]} ${formatDuration(samples.latencyMs[row] ?? 0)}`,
          ),
          h("span", { class: "facts" }, ` +${((samples.atMs[row] ?? 0) / 1000).toFixed(2)} s`),
        ),
      ),
    ),
  );
}

/** First those that explain most; one plot for a figure, one line for a service. */
const order = [
  "eventloop.utilization",
  "eventloop.delay.max",
  "process.cpu",
  "gc.time",
  "heap.used",
  "process.memory",
  "database.statements",
  "database.active",
  "database.waiting",
  "database.connections",
  "database.cache-hits",
  "cache.commands",
  "cache.hits",
];

function metricPlots(detail: LoadDetail, range: () => TimeRange, add: (options: Parameters<typeof linePlot>[0]) => HTMLElement): Child {
  // A service has the same colour in every plot.
  const services = [...new Set(detail.metrics.map(({ service }) => service))].sort();
  const groups = [...Map.groupBy(detail.metrics, (series) => series.metric)].toSorted(([a], [b]) => placeOf(a) - placeOf(b));
  const plotted = groups.filter(([, series]) => series.some(({ values }) => values.some((value) => value > 0)));
  const element = ([metric, series]: (typeof groups)[number]): HTMLElement => {
    const [first] = series;
    const marks = detail.marks.filter(
      (mark) => (metric === "gc.time" && mark.kind.startsWith("gc")) || (metric === "database.active" && mark.kind === "slow-statement"),
    );
    return add({
      title: first?.title ?? metric,
      series: series.map(({ service, atMs, values }) => ({ name: service, atMs, values, color: services.indexOf(service) })),
      format: formatOf(first?.unit ?? ""),
      range,
      marks: marks.map((mark) => ({ ...mark, text: `${mark.service}: ${mark.text}` })),
    });
  };
  const main = plotted.filter(([metric]) => placeOf(metric) < order.length);
  const rest = plotted.filter(([metric]) => placeOf(metric) >= order.length);
  const busy = detail.marks.filter((mark) => mark.kind === "busy-statement");
  return [
    main.map(element),
    busy.length > 0 &&
      h(
        "ul",
        { class: "statements" },
        busy.map((mark) => h("li", {}, `${mark.service}: `, h("code", {}, mark.text))),
      ),
    rest.length > 0 && h("details", {}, h("summary", {}, `+ ${rest.length}`), rest.map(element)),
  ];
}

function placeOf(metric: string): number {
  const at = order.indexOf(metric);
  return at === -1 ? order.length : at;
}

function formatOf(unit: string): (value: number) => string {
  switch (unit) {
    case "bytes":
      return formatSize;
    case "bytes/s":
      return (value) => `${formatSize(value)}/s`;
    case "ms":
      return formatDuration;
    case "%":
      return (value) => `${value.toFixed(0)} %`;
    case "per second":
      return (value) => `${value.toFixed(value < 10 ? 1 : 0)}/s`;
    default:
      return (value) => value.toFixed(value < 10 ? 1 : 0);
  }
}

function earlierRuns(summary: LoadSummary, screen: Screen): HTMLElement {
  const { t, data } = screen;
  const { earlier } = summary;
  const runs = runsOf(summary, data.index.run.number);
  return h(
    "section",
    {},
    h("h2", {}, t("earlierRuns")),
    earlier.length === 0
      ? emptyNote(t("noEarlierRuns", { profile: summary.profile }))
      : [runsPlots(runs, summary.highestRateHeld !== undefined, screen), earlierTable(summary, screen)],
  );
}

function earlierTable({ earlier }: LoadSummary, { t }: Screen): HTMLElement {
  const cell = (value: number | undefined) => h("td", { class: "number" }, value === undefined ? "–" : formatDuration(value));
  const titles = ["#", t("commit"), t("rate"), "p50", "p95", "p99", t("cpuPerRequest"), t("errorsRate")];
  return wideTable(
    titles,
    earlier.map((run) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, `#${run.number}`),
        h("td", {}, h("code", {}, run.commit?.slice(0, 10) ?? "")),
        h("td", { class: "number" }, `${(run.heldPerSecond ?? run.perSecond).toFixed(0)}/s`),
        cell(run.p50Ms),
        cell(run.p95Ms),
        cell(run.p99Ms),
        cell(run.cpuUsPerRequest === undefined ? undefined : run.cpuUsPerRequest / 1000),
        h("td", { class: "number" }, run.errors),
      ),
    ),
  );
}
