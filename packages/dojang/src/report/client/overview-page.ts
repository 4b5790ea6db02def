import type { Cap } from "../report-sections.ts";
import { h } from "./dom.ts";
import { formatDuration, formatPercent } from "./format.ts";
import { jobChart, jobGraph } from "./job-graph.ts";
import { loadSummaries } from "./load-summary.ts";
import { lookView } from "./look-view.ts";
import { emptyNote, stateMark } from "./marks.ts";
import { findingsList } from "./mock-tables.ts";
import { mutationsOf } from "./mutation-view.ts";
import type { Screen } from "./screen.ts";
import { testRow } from "./tests-page.ts";
import type { Word } from "./words.ts";

const mostSlowest = 5;
const mostWarnings = 10;

/** Verdict first, then what to look at, then when what ran. */
export function overviewPage(screen: Screen): HTMLElement {
  const { data, t } = screen;
  const { index } = data;
  const slowest = index.tests.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, mostSlowest);
  const flaky = index.tests.filter((test) => test.outcome === "flaky");
  const warnings = index.outsideFindings.filter(({ level }) => level === "warn");
  const notes = [
    ...index.run.runtime.notPromised.map((what) => [t("notPromised"), what] as const),
    ...index.run.leftOut.map(({ what, reason }) => [what, reason] as const),
  ];
  return h(
    "div",
    { class: "overview" },
    verdict(screen),
    index.looks.length > 0 &&
      h(
        "section",
        { "aria-labelledby": "look-first" },
        h("h2", { id: "look-first" }, t("lookFirst")),
        h(
          "ol",
          { class: "looks" },
          index.looks.slice(0, 20).map((look) => lookView(look, screen)),
        ),
      ),
    warnings.length > 0 &&
      h(
        "section",
        { "aria-label": t("outsideFindings") },
        h("h2", {}, t("outsideFindings"), h("small", {}, ` ${t("onlyWarns")}`)),
        findingsList(warnings.slice(0, mostWarnings), screen),
      ),
    loadSummaries(undefined, screen),
    mutationsOf(undefined, screen),
    notes.length > 0 &&
      h(
        "section",
        {},
        h("h2", {}, t("leftOut")),
        h(
          "dl",
          { class: "pairs" },
          notes.map(([what, reason]) => [h("dt", {}, what), h("dd", {}, reason)]),
        ),
      ),
    index.jobs.length > 0 &&
      h(
        "section",
        {},
        h("h2", {}, t("jobs")),
        index.jobs.some((job) => job.needs.length > 0) && jobGraph(index.jobs, screen),
        jobChart(index.jobs, screen),
      ),
    h(
      "div",
      { class: "two" },
      slowest.length > 0 &&
        h(
          "section",
          {},
          h("h2", {}, t("slowestTests")),
          h(
            "div",
            { class: "rows compact" },
            slowest.map((row) => testRow(row, screen)),
          ),
        ),
      flaky.length > 0 &&
        h(
          "section",
          {},
          h("h2", {}, t("flakyTests")),
          h(
            "div",
            { class: "rows compact" },
            flaky.slice(0, 10).map((row) => testRow(row, screen)),
          ),
        ),
    ),
    index.caps.length > 0 &&
      h(
        "section",
        {},
        h("h2", {}, t("capsTitle")),
        h(
          "ul",
          {},
          index.caps.map((cap) => h("li", {}, t(capWords[cap.what], { count: cap.count }))),
        ),
      ),
  );
}

const capWords: Readonly<Record<Cap["what"], Word>> = {
  bodies: "capBodies",
  longBodies: "capLongBodies",
  transactions: "capTransactions",
  logs: "capLogs",
  output: "capOutput",
  findings: "capFindings",
  outsideCalls: "capOutsideCalls",
  load: "capLoad",
};

const verdictWords = {
  passed: "verdictPassed",
  failed: "verdictFailed",
  cancelled: "verdictCancelled",
  running: "verdictRunning",
  queued: "verdictQueued",
} as const;

function verdict(screen: Screen): HTMLElement {
  const { data, t } = screen;
  const { run, patchCoverage, gates } = data.index;
  const [subject = "", ...rest] = (run.message ?? "").split("\n");
  const facts: [string, string | undefined][] = [
    [t("branch"), run.branch],
    [t("commit"), run.commit?.slice(0, 10)],
    [t("base"), run.base],
    [t("duration"), run.finishedAt === undefined ? undefined : formatDuration(run.finishedAt - run.startedAt)],
    [t("started"), new Date(run.startedAt).toLocaleString(document.documentElement.lang)],
    [t("runtime"), run.runtime.summary],
  ];
  return h(
    "header",
    { class: `verdict state-${run.state}` },
    h(
      "h1",
      {},
      stateMark(run.state, screen),
      h("span", { class: "verdict-word" }, t(verdictWords[run.state])),
      h("span", { class: "verdict-name" }, `${run.project} #${run.number}`),
    ),
    subject !== "" && h("p", { class: "subject", title: rest.join("\n").trim() || undefined }, subject),
    h(
      "p",
      { class: "counts" },
      counts(screen),
      patchCoverage !== undefined &&
        patchCoverage.executableLines > 0 &&
        h("a", { href: "#/coverage" }, `${t("patchCoverage")} ${formatPercent(patchCoverage.coveredLines, patchCoverage.executableLines)}`),
      gates
        .filter((gate) => !gate.held)
        .map((gate) => h("span", { class: gate.onMiss === "fail" ? "bad" : "warned" }, `${gate.gate}: ${gate.seen} (${gate.expected})`)),
    ),
    h(
      "dl",
      { class: "run-facts" },
      facts.map(([name, value]) => value !== undefined && h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
    data.index.looks.length === 0 && run.state === "passed" && emptyNote(t("nothingToLook")),
  );
}

function counts({ data, t }: Screen): (HTMLElement | false)[] {
  return (["failed", "flaky", "passed", "skipped"] as const).map((outcome) => {
    const count = data.index.tests.filter((test) => test.outcome === outcome).length;
    return count > 0 && h("a", { class: `count state-${outcome}`, href: `#/tests/${outcome}` }, h("strong", {}, count), ` ${t(outcome)}`);
  });
}
