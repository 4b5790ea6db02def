import type { GroupedTest } from "../first-look.ts";
import { h } from "./dom.ts";
import { shownUrl } from "./exchange-parts.ts";
import { formatDuration } from "./format.ts";
import { foldedText } from "./log-view.ts";
import { commandLine, statusPill } from "./marks.ts";
import type { Screen } from "./screen.ts";

/** The transaction that went wrong and the log record that shows why. */
export function evidenceView({ transaction, log }: GroupedTest, screen: Screen): HTMLElement {
  const requestId = log?.requestId ?? transaction?.requestId;
  return h(
    "div",
    { class: "evidence" },
    transaction !== undefined &&
      h(
        "a",
        { class: "evidence-transaction", href: `#/transaction/${encodeURIComponent(transaction.id)}` },
        h("span", { class: "method" }, transaction.method),
        h("span", { class: "url" }, ...shownUrl(transaction.url)),
        statusPill(transaction.status, screen),
        h("span", { class: "number" }, formatDuration(transaction.durationMs)),
      ),
    transaction?.error !== undefined && h("p", { class: "error-line" }, transaction.error),
    log !== undefined &&
      h(
        "div",
        { class: `evidence-log level-${log.level ?? "none"}` },
        h("span", { class: "service" }, log.service),
        foldedText(log.text, screen),
      ),
    requestId !== undefined && commandLine(`dojang logs --request-id ${requestId}`, screen),
  );
}
