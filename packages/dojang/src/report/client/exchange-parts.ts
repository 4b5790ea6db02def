import type { Header } from "@dojang/model";
import { h } from "./dom.ts";
import type { Screen } from "./screen.ts";

export function headersView(headers: readonly Header[], { t }: Screen): HTMLElement {
  return h(
    "details",
    { class: "headers" },
    h("summary", {}, `${t("headers")} (${headers.length})`),
    h(
      "dl",
      {},
      headers.map(({ name, value }) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
  );
}

/** Origin faint, path strong: the path is what differs. */
export function shownUrl(url: string): HTMLElement[] {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.origin === "null") return [h("span", {}, url)];
  const rest = url.startsWith(parsed.origin) ? url.slice(parsed.origin.length) : parsed.pathname + parsed.search;
  return [h("span", { class: "origin" }, parsed.origin), h("span", {}, rest || "/")];
}
