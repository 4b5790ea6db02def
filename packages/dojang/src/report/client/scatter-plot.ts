import type { LoadFacts } from "../load-facts.ts";
import { h } from "./dom.ts";
import { formatDuration } from "./format.ts";
import type { ShownSamples } from "./load-samples.ts";
import { drawTimeAxis, drawValueLabel, type PlotArea, plotFrame, type TimeRange, themeColor, timeToX } from "./plot-frame.ts";
import type { Screen } from "./screen.ts";
import { niceStep } from "./time-axis.ts";

/**
 * Every request as a dot: time to the right, latency upwards on a logarithmic scale. Dots are counted per pixel and drawn as one
 * image, so a hundred thousand cost no more than a few. Dragging chooses a stretch of time, a double click goes back; the
 * dot nearest to the pointer is told, and one that carried a request id opens its transaction.
 */
export interface ScatterOptions {
  readonly facts: Pick<LoadFacts, "samples" | "durationMs">;
  readonly samples: ShownSamples;
  readonly range: () => TimeRange;
  readonly onRange: (range: TimeRange | undefined) => void;
  /** The transaction of a row, when it has one. */
  readonly transactionOf: (row: number) => string | undefined;
  readonly isShown: (request: number) => boolean;
}

const height = 300;
const reach = 14;

export function scatterPlot(options: ScatterOptions, { t }: Screen): { readonly element: HTMLElement; redraw(): void } {
  const { samples, facts } = options;
  const scale = latencyScale(samples);
  const said = h("p", { class: "plot-said", "aria-live": "off" }, t("scatterHelp"));
  let area: PlotArea | undefined;
  const frame = plotFrame({
    height,
    label: t("scatterLabel", { count: samples.count }),
    draw(now) {
      area = now;
      const range = options.range();
      drawTimeAxis(now, range, niceStep(range.toMs - range.fromMs));
      for (const ms of scale.marks) drawValueLabel(now, latencyToY(now, scale, ms), formatDuration(ms));
      drawDots(now, { ...options, scale, range });
    },
  });
  const rowAt = (event: MouseEvent): number | undefined =>
    area === undefined ? undefined : nearestRow(event, { area, frame: frame.canvas, options, scale });
  frame.canvas.addEventListener("mousemove", (event) => {
    const row = rowAt(event);
    frame.canvas.style.cursor = row !== undefined && options.transactionOf(row) !== undefined ? "pointer" : "crosshair";
    said.textContent = row === undefined ? t("scatterHelp") : describeRow(row, { samples, facts });
  });
  frame.canvas.addEventListener("click", (event) => {
    const row = rowAt(event);
    const transaction = row === undefined ? undefined : options.transactionOf(row);
    if (transaction !== undefined) location.hash = `#/transaction/${encodeURIComponent(transaction)}`;
  });
  frame.canvas.addEventListener("dblclick", () => options.onRange(undefined));
  dragRange(frame.canvas, {
    area: () => area,
    range: options.range,
    onRange: options.onRange,
  });
  return { element: h("figure", { class: "plot-figure" }, frame.element, said), redraw: frame.redraw };
}

interface LatencyScale {
  readonly lowest: number;
  readonly highest: number;
  readonly marks: readonly number[];
}

function latencyScale({ latencyMs, count }: ShownSamples): LatencyScale {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  for (let row = 0; row < count; row += 1) {
    const value = latencyMs[row] ?? 0;
    if (value > 0 && value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  if (highest === 0) return { lowest: 0.1, highest: 1, marks: [0.1, 1] };
  const powers = { from: Math.floor(Math.log10(lowest)), to: Math.ceil(Math.log10(highest)) };
  const marks = Array.from({ length: powers.to - powers.from + 1 }, (_, index) => 10 ** (powers.from + index));
  return { lowest: 10 ** powers.from, highest: 10 ** Math.max(powers.to, powers.from + 1), marks };
}

function latencyToY({ top, bottom }: PlotArea, { lowest, highest }: LatencyScale, ms: number): number {
  const share = Math.log(Math.max(ms, lowest) / lowest) / Math.log(highest / lowest);
  return bottom - share * (bottom - top);
}

interface Dots extends Pick<ScatterOptions, "samples" | "isShown"> {
  readonly scale: LatencyScale;
  readonly range: TimeRange;
}

function drawDots(area: PlotArea, { samples, range, scale, isShown }: Dots): void {
  const { context, left, right, top, bottom, ratio } = area;
  const width = Math.max(1, Math.round((right - left) * ratio));
  const rows = Math.max(1, Math.round((bottom - top) * ratio));
  const good = new Uint16Array(width * rows);
  const bad = new Uint16Array(width * rows);
  // Few are drawn larger, or the eye would not find them.
  const dot = Math.round((samples.count < 5_000 ? 3 : samples.count < 30_000 ? 2 : 1) * (ratio > 1 ? 1.5 : 1));
  for (let row = 0; row < samples.count; row += 1) {
    const at = samples.atMs[row] ?? 0;
    if (at < range.fromMs || at > range.toMs || !isShown(samples.request[row] ?? 0)) continue;
    const x = Math.min(width - dot, Math.max(0, Math.round((timeToX(area, range, at) - left) * ratio)));
    const y = Math.min(rows - dot, Math.max(0, Math.round((latencyToY(area, scale, samples.latencyMs[row] ?? 0) - top) * ratio)));
    const counts = samples.error[row] === 0 ? good : bad;
    for (let dy = 0; dy < dot; dy += 1)
      for (let dx = 0; dx < dot; dx += 1) counts[(y + dy) * width + x + dx] = (counts[(y + dy) * width + x + dx] ?? 0) + 1;
  }
  // Drawn on a canvas of its own: putImageData would wipe the axes.
  const layer = new OffscreenCanvas(width, rows);
  const inner = layer.getContext("2d");
  if (inner === null) return;
  const image = inner.createImageData(width, rows);
  const colors = { good: rgb(themeColor("--blue-bar")), bad: rgb(themeColor("--bad-bar")) };
  for (let pixel = 0; pixel < width * rows; pixel += 1) {
    const wrong = bad[pixel] ?? 0;
    const count = wrong > 0 ? wrong : (good[pixel] ?? 0);
    if (count === 0) continue;
    const color = wrong > 0 ? colors.bad : colors.good;
    image.data.set([color[0], color[1], color[2], Math.min(255, 110 + 40 * Math.log2(count + 1))], pixel * 4);
  }
  inner.putImageData(image, 0, 0);
  context.drawImage(layer, left, top, right - left, bottom - top);
}

function rgb(color: string): readonly [number, number, number] {
  // Browsers give computed colours as rgb(...), or as color(srgb ...) with parts from 0 to 1.
  const parts = [...color.matchAll(/[\d.]+/g)].map(Number);
  const factor = color.startsWith("color(") ? 255 : 1;
  return [(parts[0] ?? 0) * factor, (parts[1] ?? 0) * factor, (parts[2] ?? 0) * factor];
}

interface Nearest {
  readonly area: PlotArea;
  readonly frame: HTMLCanvasElement;
  readonly options: ScatterOptions;
  readonly scale: LatencyScale;
}

function nearestRow(event: MouseEvent, { area, frame, options, scale }: Nearest): number | undefined {
  const place = frame.getBoundingClientRect();
  const [x, y] = [event.clientX - place.left, event.clientY - place.top];
  const range = options.range();
  const { samples } = options;
  let best: number | undefined;
  let closest = reach * reach;
  for (let row = 0; row < samples.count; row += 1) {
    const dx = timeToX(area, range, samples.atMs[row] ?? 0) - x;
    if (dx > reach || dx < -reach || !options.isShown(samples.request[row] ?? 0)) continue;
    const dy = latencyToY(area, scale, samples.latencyMs[row] ?? 0) - y;
    // One that can be opened is worth a little more of the way.
    const distance = (dx * dx + dy * dy) * (options.transactionOf(row) === undefined ? 1 : 0.5);
    if (distance >= closest) continue;
    closest = distance;
    best = row;
  }
  return best;
}

function describeRow(row: number, { samples, facts }: Pick<ScatterOptions, "samples" | "facts">): string {
  const error = facts.samples.errors[(samples.error[row] ?? 0) - 1];
  const status = samples.status[row] === 0 ? undefined : String(samples.status[row]);
  return [
    facts.samples.requests[samples.request[row] ?? 0],
    status,
    formatDuration(samples.latencyMs[row] ?? 0),
    `+${((samples.atMs[row] ?? 0) / 1000).toFixed(3)} s`,
    error,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

interface Drag {
  readonly area: () => PlotArea | undefined;
  readonly range: () => TimeRange;
  readonly onRange: (range: TimeRange | undefined) => void;
}

const leastDrag = 8;

function dragRange(canvas: HTMLCanvasElement, { area, range, onRange }: Drag): void {
  let from: number | undefined;
  canvas.addEventListener("pointerdown", (event) => {
    from = event.offsetX;
  });
  canvas.addEventListener("pointerup", (event) => {
    const now = area();
    const started = from;
    from = undefined;
    if (now === undefined || started === undefined || Math.abs(event.offsetX - started) < leastDrag) return;
    const { fromMs, toMs } = range();
    const timeAt = (x: number) =>
      fromMs + (Math.min(Math.max(x, now.left), now.right) - now.left) * ((toMs - fromMs) / (now.right - now.left));
    onRange({ fromMs: timeAt(Math.min(started, event.offsetX)), toMs: timeAt(Math.max(started, event.offsetX)) });
  });
}
