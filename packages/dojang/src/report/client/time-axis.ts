import type { LogRecord } from "@dojang/model";
import { h } from "./dom.ts";
import { formatDuration, formatOffset } from "./format.ts";
import { isWrong } from "./outside-view.ts";
import type { ShownAttempt, ShownOutsideCall } from "./report-data.ts";
import type { Screen } from "./screen.ts";

const mostRows = 8;
const mostTicks = 2000;

/**
 * One axis of time for an attempt: the test, its transactions, and one lane of log ticks per service. For the eye and the
 * pointer only: the lists below it say the same to everyone, so assistive technology skips it.
 */
export function timeAxis(shown: ShownAttempt, { t }: Screen): HTMLElement {
  const { attempt, transactions } = shown;
  const calls = transactions.flatMap(({ outsideCalls }) => outsideCalls);
  const records = [...transactions.flatMap(({ logs }) => logs ?? []), ...shown.unattributed];
  const begin = Math.min(
    attempt.startedAt ?? Number.POSITIVE_INFINITY,
    ...transactions.map((one) => one.startedAt),
    ...calls.map((one) => one.startedAt),
    ...records.map((one) => one.at),
  );
  const end = Math.max(
    (attempt.startedAt ?? begin) + attempt.durationMs,
    ...transactions.map((one) => one.startedAt + one.durationMs),
    ...calls.map((one) => one.startedAt + one.durationMs),
    ...records.map((one) => one.at),
  );
  const scale: Scale = { begin, span: Math.max(end - begin, 1) };
  const testBar = placed(
    h("span", { class: `bar state-${attempt.status}`, title: formatDuration(attempt.durationMs) }),
    scale,
    attempt.startedAt ?? begin,
    attempt.durationMs,
  );
  const services = Map.groupBy(records, (record) => record.service);
  const outside = Map.groupBy(calls, (call) => call.mock);
  return h(
    "figure",
    { class: "axis", "aria-hidden": "true" },
    lane(t("laneTest"), [testBar]),
    transactions.length > 0 && transactionLane(transactions, scale, t("laneTransactions")),
    [...outside].map(([mock, own]) => lane(mock, callBars(own, scale))),
    [...services].map(([service, own]) =>
      lane(
        service,
        own.slice(0, mostTicks).map((record) => tick(record, scale)),
      ),
    ),
    ruler(scale),
    h("figcaption", {}, t("timelineHelp")),
  );
}

interface Scale {
  readonly begin: number;
  readonly span: number;
}

function transactionLane(transactions: ShownAttempt["transactions"], scale: Scale, name: string): HTMLElement {
  const rows: number[] = [];
  const bars = transactions.map((transaction) => {
    // The first row that is free by then; what overlaps more deeply shares the last.
    const free = rows.findIndex((busyUntil) => busyUntil <= transaction.startedAt);
    const row = free !== -1 ? free : Math.min(rows.length, mostRows - 1);
    rows[row] = Math.max(rows[row] ?? 0, transaction.startedAt + transaction.durationMs);
    const status = transaction.status === undefined ? "none" : `${Math.floor(transaction.status / 100)}xx`;
    const title = `${transaction.method} ${transaction.url} ${transaction.status ?? transaction.error ?? ""} ${formatDuration(transaction.durationMs)}`;
    const bar = h("span", {
      class: `bar status-${status}`,
      title,
      onclick: () => goTo(`[data-transaction="${CSS.escape(transaction.id)}"]`),
    });
    bar.style.top = `${row * 11 + 3}px`;
    return placed(bar, scale, transaction.startedAt, transaction.durationMs);
  });
  const element = lane(name, bars);
  element.style.minHeight = `${Math.max(rows.length, 1) * 11 + 9}px`;
  return element;
}

function callBars(calls: readonly ShownOutsideCall[], scale: Scale): HTMLElement[] {
  return calls.slice(0, mostTicks).map((call) => {
    const title = `${call.method} ${call.url} ${call.status ?? call.fault ?? ""} ${formatDuration(call.durationMs)}`;
    const bar = h("span", {
      class: `bar status-${isWrong(call) ? "none" : "call"}`,
      title,
      // The list of the test's outside calls comes before the logs, where each call stands again.
      onclick: () => goTo(`[data-call="${CSS.escape(call.id)}"]`),
    });
    return placed(bar, scale, call.startedAt, call.durationMs);
  });
}

function tick(record: LogRecord, scale: Scale): HTMLElement {
  const faint = record.requestId === undefined ? " faint" : "";
  const selector = `[data-log="${CSS.escape(`${record.service}:${record.sequence}`)}"]`;
  const element = h("span", {
    class: `tick level-${record.level ?? "none"}${faint}`,
    title: record.text.slice(0, 300),
    onclick: () => goTo(selector),
  });
  element.style.left = percent((record.at - scale.begin) / scale.span);
  return element;
}

function lane(name: string, marks: readonly HTMLElement[]): HTMLElement {
  return h("div", { class: "lane" }, h("span", { class: "lane-name" }, name), h("div", { class: "lane-track" }, marks));
}

function ruler({ span }: Scale): HTMLElement {
  const step = niceStep(span);
  const marks = Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => {
    const mark = h("span", { class: "ruler-mark" }, formatOffset(index * step).replace(/\.?0+ s$/, " s"));
    mark.style.left = percent((index * step) / span);
    return mark;
  });
  return h("div", { class: "lane ruler" }, h("span", { class: "lane-name" }), h("div", { class: "lane-track" }, marks));
}

/** 1, 2 or 5 times a power of ten, so that there are four to eight marks. */
export function niceStep(span: number): number {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-3)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

function placed(element: HTMLElement, { begin, span }: Scale, at: number, durationMs: number): HTMLElement {
  element.style.left = percent((at - begin) / span);
  element.style.width = percent(durationMs / span);
  return element;
}

export function percent(fraction: number): string {
  return `${(Math.min(Math.max(fraction, 0), 1) * 100).toFixed(3)}%`;
}

/** Opens what holds the element, shows it, and gives it the focus. */
export function goTo(selector: string): void {
  const element = document.querySelector<HTMLElement>(selector);
  if (element === null) return;
  if (element instanceof HTMLDetailsElement) element.open = true;
  for (let above = element.parentElement; above !== null; above = above.parentElement)
    if (above instanceof HTMLDetailsElement) above.open = true;
  element.scrollIntoView({ block: "center" });
  (element.querySelector<HTMLElement>(":scope > summary") ?? element).focus({ preventScroll: true });
}
