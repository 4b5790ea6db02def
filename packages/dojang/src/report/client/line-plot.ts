import { h } from "./dom.ts";
import { drawTimeAxis, drawValueLabel, line, type PlotArea, plotFrame, type TimeRange, themeColor, timeToX } from "./plot-frame.ts";
import { niceStep } from "./time-axis.ts";

export interface PlottedSeries {
  readonly name: string;
  readonly atMs: readonly number[];
  readonly values: readonly (number | undefined)[];
  /** Its place in the palette; its place among the series when absent. */
  readonly color?: number;
}

export interface LinePlotOptions {
  readonly title: string;
  readonly series: readonly PlottedSeries[];
  readonly format: (value: number) => string;
  readonly range: () => TimeRange;
  /** Drawn as ticks at the foot: garbage collections, slow statements. */
  readonly marks?: readonly { readonly atMs: number; readonly durationMs: number; readonly text: string }[];
  readonly height?: number;
}

const palette = ["--blue-bar", "--warn-bar", "--good-bar", "--violet-bar", "--bad-bar", "--soft", "--link", "--text", "--warn"] as const;

/** Lines over time with a legend; the values where the pointer is are told in it. */
export function linePlot(options: LinePlotOptions): { readonly element: HTMLElement; redraw(): void } {
  const { series, format, marks = [] } = options;
  const values = series.map(() => h("span", { class: "number" }));
  const mark = h("span", { class: "facts" });
  let area: PlotArea | undefined;
  const frame = plotFrame({
    height: options.height ?? 110,
    label: options.title,
    draw(now) {
      area = now;
      const range = options.range();
      const highest = highestIn(series, range);
      drawTimeAxis(now, range, niceStep(range.toMs - range.fromMs));
      for (const share of [0, 0.5, 1]) drawValueLabel(now, now.bottom - share * (now.bottom - now.top), format(highest * share));
      drawMarks(now, range, marks);
      for (const [index, each] of series.entries())
        drawLine(now, { range, highest, series: each, color: themeColor(paletteName(each, index)) });
    },
  });
  const tell = (atMs: number | undefined): void => {
    for (const [index, each] of series.entries()) {
      const value = atMs === undefined ? undefined : valueNear(each, atMs);
      const place = values[index];
      if (place !== undefined) place.textContent = value === undefined ? "" : ` ${format(value)}`;
    }
    mark.textContent =
      (atMs === undefined ? undefined : marks.find((each) => Math.abs(each.atMs - atMs) < markReachMs(options.range())))?.text ?? "";
  };
  frame.canvas.addEventListener("mousemove", (event) => {
    if (area === undefined) return;
    const { fromMs, toMs } = options.range();
    tell(fromMs + ((event.offsetX - area.left) / (area.right - area.left)) * (toMs - fromMs));
  });
  frame.canvas.addEventListener("mouseleave", () => tell(undefined));
  const legend = h(
    "figcaption",
    { class: "legend" },
    h("strong", {}, options.title),
    series.map((each, index) => {
      const key = h("i", {});
      key.style.background = `var(${paletteName(each, index)})`;
      return h("span", {}, key, each.name, values[index]);
    }),
    mark,
  );
  return { element: h("figure", { class: "plot-figure" }, legend, frame.element), redraw: frame.redraw };
}

function paletteName({ color }: PlottedSeries, index: number): string {
  return palette[(color ?? index) % palette.length] ?? "--soft";
}

function markReachMs({ fromMs, toMs }: TimeRange): number {
  return (toMs - fromMs) / 150;
}

function highestIn(series: readonly PlottedSeries[], { fromMs, toMs }: TimeRange): number {
  let highest = 0;
  for (const { atMs, values } of series) {
    for (const [index, at] of atMs.entries()) {
      const value = values[index];
      if (value !== undefined && at >= fromMs && at <= toMs && value > highest) highest = value;
    }
  }
  return highest === 0 ? 1 : highest * 1.05;
}

function drawLine(
  area: PlotArea,
  { range, highest, series, color }: { range: TimeRange; highest: number; series: PlottedSeries; color: string },
): void {
  const { context, top, bottom } = area;
  context.save();
  context.beginPath();
  context.rect(area.left, top - 2, area.right - area.left, bottom - top + 4);
  context.clip();
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  let drawing = false;
  for (const [index, at] of series.atMs.entries()) {
    const value = series.values[index];
    if (value === undefined) {
      drawing = false;
      continue;
    }
    const x = timeToX(area, range, at);
    const y = bottom - (value / highest) * (bottom - top);
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x, y);
    drawing = true;
  }
  context.stroke();
  context.restore();
}

function drawMarks(area: PlotArea, range: TimeRange, marks: LinePlotOptions["marks"] = []): void {
  const { context, bottom } = area;
  context.strokeStyle = themeColor("--violet-bar");
  for (const { atMs, durationMs } of marks) {
    if (atMs < range.fromMs || atMs > range.toMs) continue;
    const x = timeToX(area, range, atMs);
    line(context, x, bottom, x, bottom - Math.min(40, 4 + 4 * Math.log2(1 + durationMs)));
  }
}

function valueNear({ atMs, values }: PlottedSeries, at: number): number | undefined {
  let best: number | undefined;
  let closest = Number.POSITIVE_INFINITY;
  for (const [index, each] of atMs.entries()) {
    const distance = Math.abs(each - at);
    if (values[index] === undefined || distance >= closest) continue;
    closest = distance;
    best = values[index];
  }
  return best;
}
