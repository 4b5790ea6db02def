import type { TestRow } from "../report-sections.ts";
import { h, replaceContent } from "./dom.ts";
import { formatDuration } from "./format.ts";
import { emptyNote, stateMark } from "./marks.ts";
import type { Screen } from "./screen.ts";
import { virtualList } from "./virtual-list.ts";
import type { Word } from "./words.ts";

const outcomeNames = ["failed", "flaky", "passed", "skipped"] as const;
const sorts = ["sortFailures", "sortSlowest", "sortRequests", "sortOrder"] as const;

interface Choice {
  readonly text: string;
  readonly job: string;
  readonly outcomes: ReadonlySet<string>;
  readonly sort: (typeof sorts)[number];
}

/** All tests, narrowed by words, job and outcome as one types. */
export function testsPage(outcome: string | undefined, screen: Screen): HTMLElement {
  const { data, t } = screen;
  const rows = data.index.tests;
  const jobs = [...new Set(rows.map((row) => row.job))];
  const search = h("input", {
    type: "search",
    id: "filter",
    placeholder: t("filter"),
    "aria-label": t("filter"),
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => update(),
  });
  const job = h(
    "select",
    { "aria-label": t("job"), onchange: () => update() },
    h("option", { value: "" }, t("allJobs")),
    jobs.map((name) => h("option", { value: name }, name)),
  );
  const sort = h(
    "select",
    { "aria-label": t("sortBy"), onchange: () => update() },
    sorts.map((name) => h("option", { value: name }, t(name))),
  );
  const toggles = outcomeNames.map((name) => {
    const count = rows.filter((row) => row.outcome === name).length;
    const button = h(
      "button",
      {
        type: "button",
        class: `toggle state-${name}`,
        "data-outcome": name,
        "aria-pressed": String(name === outcome),
        disabled: count === 0,
        onclick: () => {
          button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
          update();
        },
      },
      stateMark(name, screen),
      ` ${t(name)} ${count}`,
    );
    return button;
  });
  const count = h("p", { class: "note", role: "status" });
  const list = h("div", {});
  update();
  return h(
    "div",
    { class: "tests-page" },
    h("h1", {}, t("tests")),
    h("div", { class: "filters" }, search, job, sort, h("div", { class: "toggles", role: "group" }, toggles)),
    count,
    list,
  );

  function update(): void {
    const pressed = toggles
      .filter((button) => button.getAttribute("aria-pressed") === "true")
      .map((button) => button.dataset.outcome ?? "");
    const chosen = chooseTests(rows, {
      text: search.value,
      job: job.value,
      outcomes: new Set(pressed),
      sort: sort.value as Choice["sort"],
    });
    count.textContent = t("shown", { shown: chosen.length, total: rows.length });
    replaceContent(list, chosen.length === 0 ? emptyNote(t("noMatch")) : virtualList(chosen, (row) => testRow(row, screen)));
  }
}

const outcomeOrder: Readonly<Record<string, number>> = { failed: 0, flaky: 1, passed: 2, skipped: 3 };

function chooseTests(rows: readonly TestRow[], { text, job, outcomes, sort }: Choice): TestRow[] {
  const wanted = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const chosen = rows.filter((row) => {
    if (job !== "" && row.job !== job) return false;
    if (outcomes.size > 0 && !outcomes.has(row.outcome)) return false;
    const all = `${row.title} ${row.file} ${row.project ?? ""} ${row.job} ${row.error ?? ""}`.toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
  if (sort === "sortSlowest") return chosen.toSorted((a, b) => b.durationMs - a.durationMs);
  if (sort === "sortRequests") return chosen.toSorted((a, b) => b.slowestMs - a.slowestMs);
  if (sort === "sortFailures") return chosen.toSorted((a, b) => (outcomeOrder[a.outcome] ?? 9) - (outcomeOrder[b.outcome] ?? 9));
  return chosen;
}

export function testRow(row: TestRow, screen: Screen): HTMLElement {
  const { t } = screen;
  return h(
    "a",
    { class: "test-row", href: `#/test/${encodeURIComponent(row.key)}` },
    stateMark(row.outcome, screen),
    h(
      "span",
      { class: "test-title" },
      row.title,
      row.attempts.length > 1 &&
        h(
          "span",
          { class: "attempts" },
          row.attempts.map((status) => stateMark(status as Word, screen)),
        ),
      h(
        "span",
        { class: "test-place" },
        row.outcome === "failed" && row.error !== undefined ? row.error : [row.file, row.project].filter(Boolean).join(" · "),
      ),
    ),
    h("span", { class: "test-job" }, row.job),
    h(
      "span",
      { class: "number faint", title: t("slowestRequest", { duration: formatDuration(row.slowestMs) }) },
      row.transactions > 0 ? `${row.transactions} ⇄` : "",
    ),
    h("span", { class: "number" }, formatDuration(row.durationMs)),
  );
}
