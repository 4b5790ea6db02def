import type { DeployedFacts } from "../run-facts.ts";
import { h } from "./dom.ts";
import { formatDuration } from "./format.ts";
import type { Screen } from "./screen.ts";
import { wideTable } from "./wide-table.ts";

/** What a deploy job did, step by step, and who agreed. */
export function deploymentsOf(job: string, screen: Screen): HTMLElement[] {
  return screen.data.index.deployments
    .filter((deployment) => deployment.job === job)
    .map((deployment) => deploymentView(deployment, screen));
}

function deploymentView(
  { deployment, release, previousRelease, site, address, steps, approvals }: DeployedFacts,
  { t }: Screen,
): HTMLElement {
  const what =
    previousRelease === undefined ? t("releaseToSite", { release, site }) : t("overRelease", { release, site, previous: previousRelease });
  return h(
    "section",
    { "aria-label": t("deployment") },
    h("h2", {}, t("deployment")),
    h("p", { class: "facts" }, [what, address, deployment].join(" · ")),
    approvals.map(({ person, decision, reason }) =>
      h(
        "p",
        { class: "facts" },
        t(decision === "approved" ? "approvedBy" : "rejectedBy", { person }),
        reason !== undefined && `: ${reason}`,
      ),
    ),
    wideTable(
      [t("step"), t("state"), t("whatCame"), t("duration")],
      steps.map(({ name, state, summary, startedAt, finishedAt }) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, name),
          h("td", {}, h("span", { class: state === "failed" ? "chip alarm" : "chip" }, t(state))),
          h("td", {}, summary ?? ""),
          h("td", { class: "number" }, finishedAt === undefined ? "–" : formatDuration(finishedAt - startedAt)),
        ),
      ),
    ),
  );
}
