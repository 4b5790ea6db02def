import { bodyView } from "./body-view.ts";
import { canBePasted, curlCommand } from "./curl-command.ts";
import { h, replaceContent } from "./dom.ts";
import { headersView, shownUrl } from "./exchange-parts.ts";
import { formatDuration, formatOffset, formatTime } from "./format.ts";
import { logView } from "./log-view.ts";
import { commandLine, emptyNote, statusPill } from "./marks.ts";
import { isWrong } from "./outside-view.ts";
import type { ShownTransaction } from "./report-data.ts";
import type { Screen } from "./screen.ts";

export interface TransactionListOptions {
  readonly transactions: readonly ShownTransaction[];
  /** Offsets are shown from here. */
  readonly origin: number;
  /** The id of the one that is open from the start. */
  readonly open?: string;
}

const shownAtFirst = 200;

/** Transactions in order of time; each opens in place. A long list grows on request. */
export function transactionList({ transactions, origin, open }: TransactionListOptions, screen: Screen): HTMLElement {
  const { t } = screen;
  if (transactions.length === 0) return emptyNote(t("noTransactions"));
  const list = h("div", { class: "transactions" });
  const grow = (from: number): void => {
    for (const transaction of transactions.slice(from, from + shownAtFirst))
      list.append(transactionRow(transaction, { origin, open: transaction.id === open }, screen));
    const left = transactions.length - from - shownAtFirst;
    if (left <= 0) return;
    const more = h(
      "button",
      {
        type: "button",
        class: "quiet",
        onclick: () => {
          more.remove();
          grow(from + shownAtFirst);
        },
      },
      t("showMore", { count: Math.min(left, shownAtFirst) }),
    );
    list.append(more);
  };
  grow(0);
  return list;
}

function transactionRow(transaction: ShownTransaction, { origin, open }: { origin: number; open: boolean }, screen: Screen): HTMLElement {
  const content = h("div", { class: "transaction-content" });
  const outside = transaction.outsideCalls.filter((call) => !call.direct);
  const wrong = outside.filter(isWrong).length;
  const errors = (transaction.logs ?? []).filter((log) => log.level === "error" || log.level === "fatal").length;
  const row = h(
    "details",
    {
      class: "transaction",
      open,
      "data-transaction": transaction.id,
      ontoggle: () => {
        if (row.open && content.childElementCount === 0) replaceContent(content, transactionDetails(transaction, screen));
      },
    },
    h(
      "summary",
      {},
      h("time", { title: formatTime(transaction.startedAt) }, formatOffset(transaction.startedAt - origin)),
      h("span", { class: "method" }, transaction.kind === "http" ? transaction.method : transaction.kind),
      h("span", { class: "url" }, ...shownUrl(transaction.url)),
      outside.length > 0 && h("span", { class: wrong > 0 ? "chip alarm" : "chip" }, outsideText(outside, wrong)),
      errors > 0 && h("span", { class: "chip alarm" }, `${errors} ✕ log`),
      statusPill(transaction.status, screen),
      h("span", { class: "number" }, formatDuration(transaction.durationMs)),
    ),
    content,
  );
  return row;
}

/** `mail 2`, or what is wrong: `1 ✕ mail`. */
function outsideText(calls: ShownTransaction["outsideCalls"], wrong: number): string {
  const names = [...new Set(calls.filter((call) => wrong === 0 || isWrong(call)).map(({ mock }) => mock))].join(", ");
  return wrong > 0 ? `${wrong} ✕ ${names}` : `${names} ${calls.length}`;
}

/** Everything known of one transaction. */
export function transactionDetails(transaction: ShownTransaction, screen: Screen): HTMLElement {
  const { t } = screen;
  const { logs, outsideCalls: calls } = transaction;
  const title = t(calls.length > 0 ? "logsAndCallsOfRequest" : "logsOfRequest");
  return h(
    "div",
    { class: "exchange" },
    transaction.error !== undefined && h("p", { class: "error-line" }, transaction.error),
    h(
      "section",
      { "aria-label": title },
      h("h4", {}, title),
      logs === undefined && emptyNote(t("logsNotKept")),
      (logs ?? []).length + calls.length > 0
        ? logView([...(logs ?? []).map((record) => ({ record })), ...calls.map((call) => ({ call }))], transaction.startedAt, screen)
        : logs !== undefined && emptyNote(t("noLogs")),
    ),
    h(
      "div",
      { class: "sides" },
      h(
        "section",
        { "aria-label": t("request") },
        h("h4", {}, t("request")),
        headersView(transaction.requestHeaders, screen),
        bodyView(transaction.requestBody, screen),
      ),
      h(
        "section",
        { "aria-label": t("response") },
        h("h4", {}, t("response"), " ", statusPill(transaction.status, screen)),
        headersView(transaction.responseHeaders, screen),
        bodyView(transaction.responseBody, screen),
      ),
    ),
    replayView(transaction, screen),
    h(
      "p",
      { class: "ids" },
      h("a", { href: `#/transaction/${encodeURIComponent(transaction.id)}` }, t("permalink")),
      ` · ${t("requestId")} `,
      h("code", {}, transaction.requestId),
    ),
  );
}

function replayView(transaction: ShownTransaction, screen: Screen): HTMLElement | undefined {
  if (transaction.kind === "tunnel") return undefined;
  const { data, t } = screen;
  const { method, url, requestHeaders, requestBody } = transaction;
  const content = h("div", {});
  const section = h(
    "details",
    {
      class: "replay",
      ontoggle: () => {
        if (section.open && content.childElementCount === 0) void show();
      },
    },
    h("summary", {}, `${t("replay")} (curl)`),
    content,
  );
  return section;

  async function show(): Promise<void> {
    const kept = requestBody?.place == null ? undefined : await data.body(requestBody.place);
    const body = kept !== undefined && "text" in kept ? kept.text : undefined;
    const partial =
      requestBody !== undefined &&
      requestBody.sizeBytes > 0 &&
      (body === undefined || !canBePasted(body) || requestBody.truncated || (kept !== undefined && "text" in kept && kept.cut));
    replaceContent(
      content,
      partial && h("p", { class: "note" }, t("replayPartial")),
      commandLine(curlCommand({ method, url, headers: requestHeaders, body }), screen),
      commandLine(`dojang logs --request-id ${transaction.requestId}`, screen),
    );
  }
}
