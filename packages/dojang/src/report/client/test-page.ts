import type { GroupedTest } from "../first-look.ts";
import type { TestRow } from "../report-sections.ts";
import { h, replaceContent } from "./dom.ts";
import { evidenceView } from "./evidence-view.ts";
import { formatDuration, formatTime } from "./format.ts";
import { foldedText, type LogLine, logView } from "./log-view.ts";
import { emptyNote, stateMark, styledText } from "./marks.ts";
import { findingsList } from "./mock-tables.ts";
import { outsideList } from "./outside-view.ts";
import type { ShownAttempt } from "./report-data.ts";
import type { Screen } from "./screen.ts";
import { timeAxis } from "./time-axis.ts";
import { transactionList } from "./transaction-view.ts";

export async function testPage(key: string, screen: Screen): Promise<HTMLElement> {
  const { data, t } = screen;
  const row = data.index.tests.find((one) => one.key === key);
  if (row === undefined) return h("div", {}, h("h1", {}, t("test")), emptyNote(t("notFound")));
  const test = await data.test(key);
  return h(
    "article",
    { class: "test-page" },
    heading(row, screen),
    test === undefined ? emptyNote(t("notInFile")) : attempts(test.attempts, screen),
  );
}

function heading(row: TestRow, screen: Screen): HTMLElement {
  const { t } = screen;
  const facts = [
    row.project,
    row.job,
    t("shard", { number: row.shard }),
    formatDuration(row.durationMs),
    t("transactionsCount", { count: row.transactions }),
  ];
  return h(
    "header",
    { class: "page-head" },
    h("p", { class: "over" }, h("a", { href: "#/tests" }, t("tests")), " / ", h("code", {}, row.file)),
    h("h1", {}, stateMark(row.outcome, screen), " ", row.title),
    h("p", { class: "facts" }, facts.filter((fact) => fact !== undefined).join(" · ")),
    row.outcome === "failed" && neighbours(row, screen),
  );
}

function neighbours(row: TestRow, { data, t }: Screen): HTMLElement {
  const failed = data.index.tests.filter((one) => one.outcome === "failed");
  const at = failed.indexOf(row);
  const link = (to: TestRow | undefined, word: "previousFailure" | "nextFailure"): HTMLElement | undefined =>
    to === undefined ? undefined : h("a", { href: `#/test/${encodeURIComponent(to.key)}` }, t(word));
  return h(
    "nav",
    { class: "neighbours", "aria-label": t("failed") },
    link(failed[at - 1], "previousFailure"),
    link(failed[at + 1], "nextFailure"),
  );
}

/** The last attempt is what the test amounts to; the others are one choice away. */
function attempts(all: readonly ShownAttempt[], screen: Screen): HTMLElement {
  const { t } = screen;
  const content = h("div", {});
  const show = (shown: ShownAttempt): void => {
    for (const button of choices.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.dataset.attempt === shown.attempt.id));
    replaceContent(content, attemptView(shown, screen));
  };
  const choices = h(
    "div",
    { class: "choices", role: "group", "aria-label": t("test") },
    all.map((shown) =>
      h(
        "button",
        { type: "button", "data-attempt": shown.attempt.id, onclick: () => show(shown) },
        stateMark(shown.attempt.status, screen),
        ` ${t("attempt", { number: shown.attempt.attempt })}`,
      ),
    ),
  );
  const last = all.at(-1);
  if (last !== undefined) show(last);
  return h("div", {}, all.length > 1 && choices, content);
}

function evidenceFor(shown: ShownAttempt, { data }: Screen): GroupedTest | undefined {
  const grouped = data.index.looks.flatMap((look) => (look.kind === "tests" ? look.group.tests : []));
  return grouped.find((test) => test.attemptId === shown.attempt.id && test.job === shown.attempt.job);
}

function attemptView(shown: ShownAttempt, screen: Screen): HTMLElement {
  const { t } = screen;
  const { attempt, transactions } = shown;
  const found = evidenceFor(shown, screen);
  const calls = transactions.flatMap(({ outsideCalls }) => outsideCalls);
  const findings = screen.data.index.outsideFindings.filter(({ job, testAttempt }) => job === attempt.job && testAttempt === attempt.id);
  const origin = attempt.startedAt ?? transactions[0]?.startedAt ?? screen.data.index.run.startedAt;
  const lines: LogLine[] = [
    ...transactions.flatMap(({ logs }) => (logs ?? []).map((record) => ({ record }))),
    ...transactions.flatMap(({ outsideCalls }) => outsideCalls.map((call) => ({ call }))),
    ...shown.unattributed.map((record) => ({ record, faint: true })),
  ];
  return h(
    "div",
    { class: "sections" },
    attempt.error !== undefined &&
      h(
        "section",
        { class: "panel failure", "aria-label": t("whatFailed") },
        h("h2", {}, t("whatFailed")),
        foldedText(errorText(attempt.error), screen),
      ),
    found !== undefined &&
      (found.log !== undefined || found.transaction !== undefined) &&
      h("section", { class: "panel", "aria-label": t("whatShowsIt") }, h("h2", {}, t("whatShowsIt")), evidenceView(found, screen)),
    findings.length > 0 &&
      h(
        "section",
        { class: "panel", "aria-label": t("outsideFindings") },
        h("h2", {}, t("outsideFindings")),
        findingsList(findings, screen),
      ),
    h(
      "section",
      {},
      h("h2", {}, t("timeline"), attempt.startedAt !== undefined && h("small", {}, ` ${formatTime(attempt.startedAt)}`)),
      timeAxis(shown, screen),
    ),
    h(
      "section",
      {},
      h("h2", {}, t("transactions"), h("small", {}, ` ${transactions.length}`)),
      transactionList({ transactions, origin }, screen),
    ),
    calls.length > 0 &&
      h("section", {}, h("h2", {}, t("outsideCalls"), h("small", {}, ` ${calls.length}`)), outsideList(calls, origin, screen)),
    h(
      "section",
      {},
      h("h2", {}, t("logsAround"), h("small", {}, ` ${lines.length}`)),
      h("p", { class: "note" }, t("logsAroundHelp")),
      lines.length === 0 ? emptyNote(t("noLogs")) : logView(lines, origin, screen),
    ),
    attempt.output !== undefined && h("section", {}, h("h2", {}, t("output")), h("pre", { class: "output" }, styledText(attempt.output))),
    attempt.attachments.length > 0 &&
      h(
        "section",
        {},
        h("h2", {}, t("attachments")),
        h(
          "ul",
          {},
          attempt.attachments.map(({ name, path, contentType }) =>
            h("li", {}, name, " ", h("code", {}, path), contentType === undefined ? "" : ` ${contentType}`),
          ),
        ),
      ),
  );
}

/** Most runners begin the stack with the message. */
function errorText({ message, stack }: { readonly message: string; readonly stack?: string }): string {
  if (stack === undefined) return message;
  const begin = message.split("\n")[0]?.trim() ?? "";
  return stack.includes(begin) ? stack : `${message}\n${stack}`;
}
