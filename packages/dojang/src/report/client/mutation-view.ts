import { type MutantFacts, type MutantStatus, type MutationFacts, mutantsWith } from "../mutation-facts.ts";
import { type Child, h } from "./dom.ts";
import { formatDuration, formatPercent } from "./format.ts";
import { emptyNote } from "./marks.ts";
import type { Screen } from "./screen.ts";

const mostSurvivorsInOverview = 5;
const mutantStatuses: readonly MutantStatus[] = ["survived", "no-coverage", "timeout", "error", "killed"];

/** Mutants of one job with all their ends; of all jobs, for the overview, those that survived, where there are any. */
export function mutationsOf(job: string | undefined, screen: Screen): Child {
  const { data, t } = screen;
  const shown =
    job === undefined
      ? data.index.mutations.filter((facts) => mutantsWith(facts, "survived").length > 0)
      : data.index.mutations.filter((facts) => facts.job === job);
  return shown.map((facts) =>
    h(
      "section",
      { "aria-label": t("mutants"), class: "mutation" },
      h(
        "h2",
        {},
        t("mutants"),
        ": ",
        facts.score === undefined
          ? t("mutationNoScore")
          : t("mutationScore", { score: formatPercent(facts.score, 1), count: facts.mutants.length }),
      ),
      h("p", { class: "facts" }, describeMutation(facts, screen)),
      h("p", { class: "note" }, t("mutantsHelp")),
      mutantCounts(facts, screen),
      job === undefined ? survivorsOnly(facts, screen) : allMutants(facts, screen),
    ),
  );
}

function describeMutation({ version, runner, files, changedLines, baseline, durationMs }: MutationFacts, { t }: Screen): string {
  return [
    [version, runner].filter(Boolean).join(", "),
    changedLines === undefined ? t("mutationAllLines", { files }) : t("mutationLines", { lines: changedLines, files }),
    baseline && t("mutationTests", { count: baseline.tests, duration: formatDuration(baseline.durationMs) }),
    formatDuration(durationMs),
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

function mutantCounts(facts: MutationFacts, { t }: Screen): HTMLElement {
  const told = [
    ...mutantStatuses.map((status) => ({ status, count: mutantsWith(facts, status).length, word: t(`mutant_${status}`) })),
    ...(["untried", "leftOut", "ignored"] as const).map((status) => ({ status, count: facts[status], word: t(`mutant_${status}`) })),
  ];
  return h(
    "p",
    { class: "mutant-counts" },
    told
      .filter(({ count }) => count > 0)
      .map(({ status, count, word }) => h("span", { class: status === "survived" ? "chip warned" : "chip" }, `${count} ${word}`)),
  );
}

function survivorsOnly(facts: MutationFacts, screen: Screen): Child {
  const survivors = mutantsWith(facts, "survived");
  return [
    mutantList(survivors.slice(0, mostSurvivorsInOverview), screen),
    h("p", { class: "actions" }, h("a", { href: `#/job/${encodeURIComponent(facts.job)}` }, screen.t("openJob"))),
  ];
}

function allMutants(facts: MutationFacts, screen: Screen): Child {
  const { t } = screen;
  if (facts.mutants.length === 0) return emptyNote(facts.unknown ?? t("mutationNothing"));
  const others = mutantStatuses.filter((status) => status !== "survived").flatMap((status) => mutantsWith(facts, status));
  return [
    mutantList(mutantsWith(facts, "survived"), screen),
    others.length > 0 &&
      h("details", { class: "others" }, h("summary", {}, t("otherMutants", { count: others.length })), mutantList(others, screen)),
  ];
}

function mutantList(mutants: readonly MutantFacts[], screen: Screen): HTMLElement {
  return h(
    "ul",
    { class: "mutants" },
    mutants.map((mutant) => mutantView(mutant, screen)),
  );
}

/** The line, what was made of it, and which tests did not mind. */
function mutantView(mutant: MutantFacts, screen: Screen): HTMLElement {
  const { t } = screen;
  const { status, file, line, operator, before, after } = mutant;
  const indentation = Math.min(...[...before, ...after].map((text) => text.search(/\S|$/)));
  const lineOf = (sign: "-" | "+", text: string) =>
    h(sign === "-" ? "del" : "ins", {}, h("span", { "aria-hidden": "true" }, `${sign} `), text.slice(indentation));
  return h(
    "li",
    { class: `mutant mutant-${status}` },
    h(
      "div",
      { class: "chips" },
      h("span", { class: status === "survived" ? "chip warned" : "chip" }, t(`mutant_${status}`)),
      h("span", { class: "chip" }, operator),
      h("code", {}, `${file}:${line}`),
    ),
    h(
      "pre",
      { class: "diff", tabindex: 0 },
      before.map((text) => lineOf("-", text)),
      after.map((text) => lineOf("+", text)),
    ),
    fateOf(mutant, screen),
  );
}

function fateOf({ status, tests, testCount, killedBy, reason }: MutantFacts, { t }: Screen): Child {
  if (status === "no-coverage") return h("p", { class: "note" }, t("noTestRuns"));
  if (killedBy !== undefined) return h("p", { class: "note" }, t("killedByTest", { test: killedBy }));
  if (reason !== undefined) return h("p", { class: "note" }, reason);
  if (status !== "survived") return undefined;
  if (testCount === 0) return h("p", { class: "note" }, t("survivedUnnamed"));
  const said = t("survivedWith", { count: testCount });
  if (tests.length === 0) return h("p", { class: "note" }, said);
  return h(
    "details",
    { class: "note" },
    h("summary", {}, said),
    h(
      "ul",
      {},
      tests.map((name) => h("li", {}, name)),
      testCount > tests.length && h("li", {}, "…"),
    ),
  );
}
