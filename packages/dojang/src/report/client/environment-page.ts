import { type Child, h } from "./dom.ts";
import { formatDuration, formatSize } from "./format.ts";
import { servicesTable } from "./job-page.ts";
import { stateMark } from "./marks.ts";
import type { Screen } from "./screen.ts";

/** What ran on what, what it asked of the outside, and what it left behind. */
export function environmentPage(screen: Screen): HTMLElement {
  const { data, t } = screen;
  const { run, jobs, checks, artifacts, egress, findings, gates, outside, unclaimed } = data.index;
  const withServices = jobs.flatMap((job) => job.shards.filter((shard) => shard.services.length > 0).map((shard) => ({ job, shard })));
  return h(
    "div",
    {},
    h("h1", {}, t("environment")),
    h("p", {}, run.runtime.summary),
    run.runtime.notPromised.length > 0 &&
      h(
        "section",
        {},
        h("h2", {}, t("notPromised")),
        h(
          "ul",
          {},
          run.runtime.notPromised.map((what) => h("li", {}, what)),
        ),
      ),
    withServices.map(({ job, shard }) =>
      h(
        "section",
        {},
        h("h2", {}, `${job.id}${job.shards.length > 1 ? `, ${t("shard", { number: shard.shard })}` : ""}`),
        servicesTable(shard.services, screen),
      ),
    ),
    table(
      t("linkedChecks"),
      [t("test"), "", t("expected"), t("seen"), t("duration")],
      checks.map((check) => [
        [stateMark(check.passed ? "passed" : "failed", screen), ` ${check.name}`],
        h("code", {}, check.check),
        check.expected,
        check.seen,
        formatDuration(check.durationMs),
      ]),
    ),
    table(
      t("gates"),
      [t("gates"), t("job"), t("expected"), t("seen")],
      gates.map((gate) => [
        [stateMark(gate.held ? "passed" : "failed", screen), ` ${gate.gate}`],
        gate.job,
        gate.expected,
        `${gate.seen}${!gate.held && gate.onMiss === "warn" ? ` (${t("onlyWarns")})` : ""}`,
      ]),
    ),
    table(
      t("findings"),
      [t("file"), "", ""],
      findings.map((finding) => [
        h("code", {}, [finding.file, finding.line, finding.column].filter((part) => part !== undefined).join(":")),
        h("span", { class: "finding" }, `${finding.level}: ${finding.message}`),
        [finding.tool, finding.rule].filter(Boolean).join(" "),
      ]),
    ),
    table(
      t("artifacts"),
      [t("artifacts"), t("job"), "", ""],
      artifacts.map((artifact) => [artifact.name, artifact.job, h("code", {}, artifact.digest), formatSize(artifact.sizeBytes)]),
    ),
    table(
      t("egress"),
      ["", "", ""],
      egress.map((host) => [
        [h("code", {}, `${host.host}:${host.port}`), host.service === undefined ? "" : ` ${host.service}`],
        h("span", { class: host.allowed ? "chip" : "chip alarm" }, t(host.allowed ? "allowed" : "refused")),
        t("requests", { count: host.count }),
      ]),
    ),
    outside.transactions + unclaimed > 0 &&
      h(
        "section",
        {},
        h("h2", {}, t("outsideTests")),
        h("p", {}, h("a", { href: "#/outside" }, t("transactionsCount", { count: outside.transactions }))),
        unclaimed > 0 && h("p", {}, h("a", { href: "#/outside" }, t("unclaimedCount", { count: unclaimed }))),
      ),
  );
}

function table(title: string, head: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement | undefined {
  if (rows.length === 0) return undefined;
  const headRow = head.slice(1).every((name) => name === "")
    ? undefined
    : h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((name) => h("th", { scope: "col" }, name)),
        ),
      );
  return h(
    "section",
    {},
    h("h2", {}, title),
    h(
      "div",
      { class: "scroll-x" },
      h(
        "table",
        {},
        headRow,
        h(
          "tbody",
          {},
          rows.map((cells) =>
            h(
              "tr",
              {},
              cells.map((cell) => h("td", {}, cell)),
            ),
          ),
        ),
      ),
    ),
  );
}
