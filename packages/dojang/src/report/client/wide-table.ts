import { type Child, h } from "./dom.ts";

/** A table that scrolls by itself where the page is narrower. */
export function wideTable(titles: readonly string[], rows: Child): HTMLElement {
  const head = titles.map((title) => h("th", { scope: "col" }, title));
  return h("div", { class: "scroll-x" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}
