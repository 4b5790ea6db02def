import { h } from "./dom.ts";

/** Below this every row is made at once, so that the browser's own find and print see them all. */
const madeAtOnce = 300;
const overscan = 12;

/** A list of rows of one height, of which only those near the window exist. */
export function virtualList<T>(items: readonly T[], row: (item: T) => HTMLElement): HTMLElement {
  const list = h("div", { class: "rows", role: "list" });
  const make = (index: number): HTMLElement =>
    h("div", { role: "listitem", "aria-setsize": items.length, "aria-posinset": index + 1 }, row(items[index] as T)); // The caller's index is within the items.
  if (items.length <= madeAtOnce) {
    list.append(...items.map((_, index) => make(index)));
    return list;
  }
  let shown = { from: 0, to: 0 };
  let rowHeight = 0;
  const draw = (): void => {
    if (!list.isConnected) {
      removeEventListener("scroll", draw);
      removeEventListener("resize", draw);
      return;
    }
    rowHeight ||= list.firstElementChild?.getBoundingClientRect().height || 48;
    const above = -list.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(above / rowHeight) - overscan);
    const to = Math.min(items.length, Math.ceil((above + innerHeight) / rowHeight) + overscan);
    if (from === shown.from && to === shown.to) return;
    const focused = document.activeElement?.closest("[aria-posinset]")?.getAttribute("aria-posinset");
    shown = { from, to };
    list.replaceChildren(...Array.from({ length: Math.max(to - from, 0) }, (_, offset) => make(from + offset)));
    list.style.paddingTop = `${from * rowHeight}px`;
    list.style.paddingBottom = `${(items.length - Math.max(to, from)) * rowHeight}px`;
    if (focused != null) list.querySelector<HTMLElement>(`[aria-posinset="${focused}"] a`)?.focus({ preventScroll: true });
  };
  list.append(...items.slice(0, overscan * 3).map((_, index) => make(index)));
  addEventListener("scroll", draw, { passive: true });
  addEventListener("resize", draw);
  requestAnimationFrame(draw);
  return list;
}
