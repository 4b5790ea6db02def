import type { OutsideFinding } from "../run-facts.ts";
import { type Child, h } from "./dom.ts";
import type { Screen } from "./screen.ts";
import { wideTable } from "./wide-table.ts";

/** What each mock of a job was asked, and which of its stubs were needed how often. */
export function mocksTable(job: string, { data, t }: Screen): HTMLElement | undefined {
  const mocks = data.index.mocks.filter((mock) => mock.job === job);
  if (mocks.length === 0) return undefined;
  const columns = ["calls", "unmatched", "undeclared", "unused", "withoutRequestId", "dropped", "restarts"] as const;
  const head = [t("mock"), t("calls"), t("unmatched"), t("undeclared"), t("unused"), t("withoutId"), t("notKept"), t("restarts")];
  const alarming = new Set<string>(["unmatched", "undeclared", "dropped", "restarts"]);
  return h(
    "section",
    { "aria-label": t("mocks") },
    h("h2", {}, t("mocks")),
    wideTable(
      head,
      mocks.map((mock) =>
        h(
          "tr",
          {},
          h(
            "th",
            { scope: "row" },
            mock.mock,
            h("small", { class: "specification" }, mock.specification.join(", "), mock.digest !== "" && ` ${mock.digest.slice(0, 12)}`),
          ),
          columns.map((column) => h("td", { class: `number${alarming.has(column) && mock[column] > 0 ? " warned" : ""}` }, mock[column])),
        ),
      ),
    ),
    mocks.map((mock) => mock.stubs.length > 0 && stubsList(mock, t("stubsOf", { mock: mock.mock }))),
  );
}

function stubsList({ stubs }: { readonly stubs: Screen["data"]["index"]["mocks"][number]["stubs"] }, title: string): HTMLElement {
  return h(
    "details",
    { class: "stubs" },
    h("summary", {}, `${title} (${stubs.length})`),
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        stubs.map(({ name, file, calls }) =>
          h(
            "tr",
            {},
            h("td", {}, name),
            h("td", {}, h("code", {}, file ?? "")),
            h("td", { class: `number${calls === 0 ? " warned" : ""}` }, calls),
          ),
        ),
      ),
    ),
  );
}

/** Findings about outside calls in words, each with the way to its evidence. */
export function findingsList(findings: readonly OutsideFinding[], screen: Screen): HTMLElement {
  return h(
    "ul",
    { class: "outside-findings" },
    findings.map((finding) =>
      h(
        "li",
        {},
        h("div", { class: "chips" }, findingHead(finding, screen)),
        h("strong", {}, finding.message),
        findingBody(finding, screen),
      ),
    ),
  );
}

/** Chips: what it is, of which mock, how often, and whether it only warns. */
export function findingHead({ kind, level, mock, count }: OutsideFinding, { t }: Screen): Child[] {
  return [
    h("span", { class: level === "fail" ? "chip alarm" : "chip" }, t(kind)),
    mock !== undefined && h("span", { class: "chip service" }, mock),
    count > 1 && h("span", { class: "chip" }, `${count} ×`),
    level === "warn" && h("span", { class: "chip" }, t("onlyWarns")),
  ];
}

export function findingBody(finding: OutsideFinding, { data, t }: Screen): HTMLElement {
  const row = data.index.tests.find((test) => test.job === finding.job && finding.testAttempt?.startsWith(`${test.key.split("@")[0]}#`));
  const { transaction, test } = finding;
  return h(
    "div",
    {},
    finding.details.length > 0 &&
      h(
        "ul",
        { class: "differences" },
        finding.details.map((line) => h("li", {}, line)),
      ),
    h("p", {}, h("strong", {}, `${t("fix")}: `), finding.fix),
    (row !== undefined || transaction !== undefined) &&
      h(
        "p",
        { class: "actions" },
        row !== undefined && h("a", { href: `#/test/${encodeURIComponent(row.key)}` }, test?.title ?? row.title),
        transaction !== undefined && h("a", { href: `#/transaction/${encodeURIComponent(transaction)}` }, t("openTransaction")),
      ),
  );
}
