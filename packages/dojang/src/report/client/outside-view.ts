import { bodyView } from "./body-view.ts";
import { h, replaceContent } from "./dom.ts";
import { headersView, shownUrl } from "./exchange-parts.ts";
import { formatDuration, formatOffset, formatTime } from "./format.ts";
import { emptyNote, statusPill } from "./marks.ts";
import type { ShownOutsideCall } from "./report-data.ts";
import type { Screen } from "./screen.ts";

/** Outside calls in order of time, each with its offset from `origin`. */
export function outsideList(calls: readonly ShownOutsideCall[], origin: number, screen: Screen): HTMLElement {
  if (calls.length === 0) return emptyNote(screen.t("noOutsideCalls"));
  const ordered = calls.toSorted((a, b) => a.startedAt - b.startedAt);
  return h(
    "ol",
    { class: "logs" },
    ordered.map((call) => outsideRecord(call, origin, screen)),
  );
}

/** One call among log records: it opens in place. */
export function outsideRecord(call: ShownOutsideCall, origin: number, screen: Screen): HTMLElement {
  const content = h("div", { class: "call-content" });
  const details = h(
    "details",
    {
      class: "call",
      "data-call": call.id,
      ontoggle: () => {
        if (details.open && content.childElementCount === 0) replaceContent(content, callDetails(call, screen));
      },
    },
    h(
      "summary",
      {},
      h("span", { class: "method" }, call.method),
      h("span", { class: "url" }, ...shownUrl(call.url)),
      h("span", { class: "call-end" }, statusPill(call.status, screen), " ", formatDuration(call.durationMs)),
      h("span", { class: isWrong(call) ? "chip alarm" : "chip" }, answererText(call, screen)),
    ),
    content,
  );
  return h(
    "li",
    { class: `log ${isWrong(call) ? "level-error" : "outside"}` },
    h("time", { title: formatTime(call.startedAt) }, formatOffset(call.startedAt - origin)),
    h("span", { class: "service" }, call.mock),
    h("span", { class: "level" }, screen.t("call")),
    details,
  );
}

/** What a step asked the mock itself is not judged. */
export function isWrong(call: ShownOutsideCall): boolean {
  return !call.direct && (call.answeredBy === "nothing" || call.violations.length > 0 || !call.declared);
}

function answererText({ answeredBy, stub, direct, violations, declared }: ShownOutsideCall, { t }: Screen): string {
  const who = {
    stub: t("byStub", { stub: stub?.name ?? stub?.id ?? "" }),
    contract: t("byContract"),
    proxy: t("byProxy"),
    nothing: t("unmatched"),
  }[answeredBy];
  const wrong = answeredBy !== "nothing" && (violations.length > 0 || !declared) ? [t("undeclared")] : [];
  return [who, ...wrong, ...(direct ? [t("askedByStep")] : [])].join(" · ");
}

function callDetails(call: ShownOutsideCall, screen: Screen): HTMLElement {
  const { t } = screen;
  const { nearest, violations, stub } = call;
  const near = nearest === undefined ? "" : (nearest.stub.name ?? nearest.stub.id);
  return h(
    "div",
    { class: "exchange" },
    violations.length > 0 &&
      h(
        "ul",
        { class: "differences" },
        violations.map(({ side, at, message, rule }) =>
          h("li", {}, h("strong", {}, `${t(side)} ${at}`), `: ${message} `, h("code", {}, rule)),
        ),
      ),
    nearest !== undefined &&
      h(
        "div",
        {},
        h(
          "p",
          {},
          `${t("nearestStub")} `,
          h("strong", {}, near),
          nearest.stub.file !== undefined && h("code", {}, ` ${nearest.stub.file}`),
        ),
        h(
          "ul",
          { class: "differences" },
          nearest.differences.map((difference) => h("li", {}, difference)),
        ),
      ),
    call.fault !== undefined && h("p", { class: "error-line" }, t("faultSent", { fault: call.fault })),
    stub?.file !== undefined && h("p", { class: "note" }, h("code", {}, stub.file)),
    call.delayMs > 0 && h("p", { class: "note" }, t("delayed", { duration: formatDuration(call.delayMs) })),
    h(
      "div",
      { class: "sides" },
      h(
        "section",
        { "aria-label": t("request") },
        h("h4", {}, t("request")),
        headersView(call.requestHeaders, screen),
        bodyView(call.requestBody, screen),
      ),
      h(
        "section",
        { "aria-label": t("response") },
        h("h4", {}, t("response"), " ", statusPill(call.status, screen)),
        headersView(call.responseHeaders, screen),
        bodyView(call.responseBody, screen),
      ),
    ),
  );
}
