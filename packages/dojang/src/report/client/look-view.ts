import type { FailureGroup, FirstLook } from "../first-look.ts";
import { h } from "./dom.ts";
import { evidenceView } from "./evidence-view.ts";
import { foldedText } from "./log-view.ts";
import { commandLine, styledText } from "./marks.ts";
import { findingBody, findingHead } from "./mock-tables.ts";
import type { Screen } from "./screen.ts";

/** One thing to look at, complete enough to often end the search. */
export function lookView(look: FirstLook, screen: Screen): HTMLElement {
  const { t } = screen;
  switch (look.kind) {
    case "tests":
      return groupView(look.group, screen);
    case "problem": {
      const { code, message, fix, job, place } = look.problem;
      const [title = "", ...quoted] = message.split("\n");
      const where = place === undefined ? "" : [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
      return card(
        [h("span", { class: "chip alarm" }, code), job !== undefined && h("span", { class: "chip" }, job)],
        title,
        quoted.length > 0 && h("pre", { class: "output" }, styledText(quoted.join("\n"))),
        h("p", {}, h("strong", {}, `${t("fix")}: `), fix),
        where !== "" && h("p", {}, h("code", {}, where)),
      );
    }
    case "step": {
      const { failure, job } = look;
      const ended = failure.timedOut
        ? t("timedOut")
        : failure.exitCode === undefined
          ? t("neverEnded")
          : t("exitCode", { code: failure.exitCode });
      const link = h("a", { href: `#/job/${encodeURIComponent(job)}` }, t("openJob"));
      return card(
        [h("span", { class: "chip alarm" }, ended), h("span", { class: "chip" }, job)],
        h("code", {}, failure.command),
        h("pre", { class: "output" }, styledText(failure.lastLines.join("\n"))),
        h("p", { class: "actions" }, link),
      );
    }
    case "check": {
      const { name, job, check, expected, seen } = look.check;
      return card(
        [h("span", { class: "chip alarm" }, t("linkedChecks")), h("span", { class: "chip" }, job)],
        name,
        h("p", {}, h("code", {}, check)),
        expectedSeen(expected, seen, screen),
      );
    }
    case "outside":
      return outsideLook(look, screen);
    case "load": {
      const { job, profile, number, gates, hints } = look.load;
      return card(
        [h("span", { class: "chip alarm" }, t("gateMissed")), h("span", { class: "chip" }, job)],
        hints[0] ?? gates[0]?.gate ?? profile,
        hints.length > 1 &&
          h(
            "ul",
            {},
            hints.slice(1).map((hint) => h("li", {}, hint)),
          ),
        gates.map((gate) => [h("p", {}, gate.gate), expectedSeen(gate.expected, gate.seen, screen)]),
        h("p", { class: "actions" }, h("a", { href: `#/load/${number}` }, `${t("load")}: ${profile}`)),
      );
    }
    case "gate": {
      const { gate, job, expected, seen } = look.gate;
      return card(
        [h("span", { class: "chip alarm" }, t("gateMissed")), h("span", { class: "chip" }, job)],
        gate,
        expectedSeen(expected, seen, screen),
        gate === "patch-coverage" && h("p", { class: "actions" }, h("a", { href: "#/coverage" }, t("coverage"))),
      );
    }
  }
}

function outsideLook({ finding, tests, log }: Extract<FirstLook, { kind: "outside" }>, screen: Screen): HTMLElement {
  const { t } = screen;
  return card(
    [findingHead(finding, screen), h("span", { class: "chip" }, finding.job)],
    finding.message,
    findingBody(finding, screen),
    log !== undefined &&
      h(
        "div",
        { class: "evidence" },
        h(
          "div",
          { class: `evidence-log level-${log.level ?? "none"}` },
          h("span", { class: "service" }, log.service),
          foldedText(log.text, screen),
        ),
      ),
    finding.requestId !== undefined && commandLine(`dojang logs --request-id ${finding.requestId}`, screen),
    tests.length > 1 && h("p", { class: "note" }, t("moreTests", { count: tests.length - 1 })),
  );
}

function groupView(group: FailureGroup, screen: Screen): HTMLElement {
  const { t } = screen;
  const [first, ...others] = group.tests;
  const count = group.tests.length === 1 ? t("oneFailedTest") : t("failedTests", { count: group.tests.length });
  const link = (key: string, text: string): HTMLElement => h("a", { href: `#/test/${encodeURIComponent(key)}` }, text);
  return card(
    [
      h("span", { class: "chip alarm" }, count),
      group.service !== undefined && h("span", { class: "chip service" }, group.service),
      first !== undefined && h("span", { class: "chip" }, first.job),
    ],
    first === undefined ? "" : link(first.key, first.title),
    h("p", { class: "look-error" }, group.error),
    first !== undefined && evidenceView(first, screen),
    others.length > 0 &&
      h(
        "details",
        { class: "others" },
        h("summary", {}, t("moreTests", { count: others.length })),
        h(
          "ul",
          {},
          others.map((test) =>
            h("li", {}, link(test.key, test.title), test.error !== group.error && h("span", { class: "faint" }, ` ${test.error}`)),
          ),
        ),
      ),
  );
}

function card(chips: Parameters<typeof h>[2], title: Parameters<typeof h>[2], ...content: Parameters<typeof h>[2][]): HTMLElement {
  return h("li", { class: "look" }, h("div", { class: "chips" }, chips), h("h3", {}, title), content);
}

function expectedSeen(expected: string, seen: string, { t }: Screen): HTMLElement {
  return h("p", {}, `${t("expected")} `, h("code", {}, expected), `, ${t("seen")} `, h("code", {}, seen));
}
