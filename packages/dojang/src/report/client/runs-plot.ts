import { h, svg } from "./dom.ts";
import { formatDuration } from "./format.ts";
import type { PlottedRun } from "./plotted-run.ts";
import type { Screen } from "./screen.ts";

const plotWidth = 320;
const plotHeight = 96;
const plotEdge = { left: 52, right: 12, top: 10, bottom: 20 } as const;

/** How a profile did from run to run: small plots from zero, of what tells a change soonest. The table beside them has the figures. */
export function runsPlots(runs: readonly PlottedRun[], ramp: boolean, { t }: Screen): HTMLElement {
  const plots = [
    runsPlot("p95", runs, { pick: (run) => run.p95Ms, format: formatDuration }),
    runsPlot(ramp ? t("heldRateTitle") : t("rate"), runs, { pick: (run) => run.perSecond, format: (value) => `${value.toFixed(0)}/s` }),
    runsPlot(t("cpuPerRequest"), runs, { pick: (run) => run.cpuUsPerRequest, format: (value) => formatDuration(value / 1000) }),
  ];
  return h("div", { class: "runs-plots" }, plots);
}

interface Figure {
  readonly pick: (run: PlottedRun) => number | undefined;
  readonly format: (value: number) => string;
}

function runsPlot(title: string, runs: readonly PlottedRun[], { pick, format }: Figure): HTMLElement | undefined {
  const points = runs.flatMap((run, index) => {
    const value = pick(run);
    return value === undefined ? [] : [{ number: run.number, index, value }];
  });
  if (points.length < 2) return undefined;
  const highest = Math.max(...points.map(({ value }) => value)) * 1.1 || 1;
  const x = (index: number) => plotEdge.left + (index / Math.max(1, runs.length - 1)) * (plotWidth - plotEdge.left - plotEdge.right);
  const y = (value: number) => plotHeight - plotEdge.bottom - (value / highest) * (plotHeight - plotEdge.top - plotEdge.bottom);
  const label = (text: string, at: { x: number; y: number; anchor: string }) => {
    const element = svg("text", { x: at.x, y: at.y, "text-anchor": at.anchor });
    element.textContent = text;
    return element;
  };
  const grid = [0, highest / 1.1].flatMap((value) => [
    svg("line", { class: "runs-grid", x1: plotEdge.left, x2: plotWidth - plotEdge.right, y1: y(value), y2: y(value) }),
    label(format(value), { x: plotEdge.left - 6, y: y(value) + 4, anchor: "end" }),
  ]);
  const dots = points.map(({ number, index, value }) => {
    const dot = svg("circle", { class: index === runs.length - 1 ? "runs-dot this-run" : "runs-dot", cx: x(index), cy: y(value), r: 3.5 });
    const told = svg("title");
    told.textContent = `#${number}: ${format(value)}`;
    dot.append(told);
    return dot;
  });
  const line = svg("polyline", { class: "runs-line", points: points.map(({ index, value }) => `${x(index)},${y(value)}`).join(" ") });
  const [first, last] = [points[0], points.at(-1)];
  const ends = [first, last].flatMap((point) =>
    point === undefined ? [] : [label(`#${point.number}`, { x: x(point.index), y: plotHeight - 5, anchor: "middle" })],
  );
  const said = `${title}: ${points.map(({ number, value }) => `#${number} ${format(value)}`).join(", ")}`;
  return h(
    "figure",
    { class: "plot-figure" },
    h("figcaption", { class: "legend" }, h("strong", {}, title), last && h("span", { class: "number" }, format(last.value))),
    svg("svg", { viewBox: `0 0 ${plotWidth} ${plotHeight}`, role: "img", "aria-label": said }, grid, line, dots, ends),
  );
}
