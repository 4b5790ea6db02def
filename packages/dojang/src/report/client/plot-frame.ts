import { h } from "./dom.ts";

/** A canvas as wide as its place, drawn again when that changes, with axes by the caller. All plots of a page share one axis of time. */
export interface PlotArea {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Inner edges of the axes, CSS pixels. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly ratio: number;
}

export interface PlotFrame {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  redraw(): void;
}

const margins = { left: 58, right: 10, top: 6, bottom: 18 } as const;

export function plotFrame(options: {
  readonly height: number;
  readonly label: string;
  readonly draw: (area: PlotArea) => void;
}): PlotFrame {
  const canvas = h("canvas", { role: "img", "aria-label": options.label });
  const element = h("div", { class: "plot" }, canvas);
  element.style.height = `${options.height}px`;
  const redraw = (): void => {
    const width = element.clientWidth;
    const context = canvas.getContext("2d");
    if (width === 0 || context === null) return;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(options.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, options.height);
    context.font = "11px system-ui, sans-serif";
    options.draw({
      context,
      width,
      height: options.height,
      left: margins.left,
      right: width - margins.right,
      top: margins.top,
      bottom: options.height - margins.bottom,
      ratio,
    });
  };
  new ResizeObserver(redraw).observe(element);
  // The switch between light and dark changes an attribute of the root.
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return { element, canvas, redraw };
}

/** A colour of the theme as canvas wants it. */
export function themeColor(name: string): string {
  const probe = h("span", { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export function timeToX({ left, right }: PlotArea, { fromMs, toMs }: TimeRange, atMs: number): number {
  return left + ((atMs - fromMs) / (toMs - fromMs)) * (right - left);
}

export function drawTimeAxis(area: PlotArea, range: TimeRange, step: number): void {
  const { context, bottom } = area;
  context.fillStyle = themeColor("--soft");
  context.strokeStyle = themeColor("--line");
  context.textAlign = "center";
  context.textBaseline = "top";
  for (let at = Math.ceil(range.fromMs / step) * step; at <= range.toMs; at += step) {
    const x = timeToX(area, range, at);
    line(context, x, area.top, x, bottom);
    context.fillText(`${Number((at / 1000).toFixed(2))} s`, x, bottom + 4);
  }
}

export function drawValueLabel(area: PlotArea, y: number, text: string): void {
  const { context, left, right } = area;
  context.strokeStyle = themeColor("--line");
  line(context, left, y, right, y);
  context.fillStyle = themeColor("--soft");
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillText(text, left - 6, y);
}

export function line(context: CanvasRenderingContext2D, fromX: number, fromY: number, toX: number, toY: number): void {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}
