import { h } from "./dom.ts";
import { shownUrl } from "./exchange-parts.ts";
import { formatDuration, formatTime } from "./format.ts";
import { logView } from "./log-view.ts";
import { emptyNote, statusPill } from "./marks.ts";
import { outsideList } from "./outside-view.ts";
import type { Screen } from "./screen.ts";
import { transactionDetails, transactionList } from "./transaction-view.ts";

const aroundMs = 2000;

export async function transactionPage(id: string, screen: Screen): Promise<HTMLElement> {
  const { data, t } = screen;
  const found = await data.transaction(id);
  if (found === undefined) return h("div", {}, h("h1", {}, t("transaction")), emptyNote(t("notFound")));
  const { transaction, testKey, attempt } = found;
  const { startedAt, durationMs } = transaction;
  const row = data.index.tests.find((one) => one.key === testKey);
  const around = (attempt?.unattributed ?? []).filter(
    (record) => record.at >= startedAt - aroundMs && record.at <= startedAt + durationMs + aroundMs,
  );
  const lines = [
    ...(transaction.logs ?? []).map((record) => ({ record })),
    ...transaction.outsideCalls.map((call) => ({ call })),
    ...around.map((record) => ({ record, faint: true })),
  ];
  return h(
    "article",
    { class: "transaction-page" },
    h(
      "header",
      { class: "page-head" },
      h(
        "p",
        { class: "over" },
        row === undefined
          ? h("a", { href: "#/outside" }, t("outsideTests"))
          : h("a", { href: `#/test/${encodeURIComponent(row.key)}` }, row.title),
      ),
      h("h1", { class: "mono" }, `${transaction.method} `, shownUrl(transaction.url), " ", statusPill(transaction.status, screen)),
      h("p", { class: "facts" }, [formatTime(startedAt), formatDuration(durationMs), transaction.environment].join(" · ")),
    ),
    transactionDetails(transaction, screen),
    around.length > 0 &&
      h("section", {}, h("h2", {}, t("logsNear")), h("p", { class: "note" }, t("logsAroundHelp")), logView(lines, startedAt, screen)),
  );
}

export async function outsidePage(screen: Screen): Promise<HTMLElement> {
  const { data, t } = screen;
  const lists = await Promise.all(data.index.outside.sections.map((section) => data.outside(section)));
  const unclaimed = await data.unclaimed();
  return h(
    "div",
    {},
    h("h1", {}, t("outsideTests")),
    transactionList({ transactions: lists.flat(), origin: data.index.run.startedAt }, screen),
    unclaimed.length > 0 &&
      h(
        "section",
        {},
        h("h2", {}, t("unclaimedCalls"), h("small", {}, ` ${unclaimed.length}`)),
        h("p", { class: "note" }, t("unclaimedHelp")),
        outsideList(unclaimed, data.index.run.startedAt, screen),
      ),
  );
}
