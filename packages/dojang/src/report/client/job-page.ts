import type { JobIndex } from "../report-sections.ts";
import { deploymentsOf } from "./deployment-view.ts";
import { h } from "./dom.ts";
import { formatDuration } from "./format.ts";
import { phaseWord } from "./job-graph.ts";
import { loadSummaries } from "./load-summary.ts";
import { emptyNote, stateMark, styledText } from "./marks.ts";
import { findingsList, mocksTable } from "./mock-tables.ts";
import { mutationsOf } from "./mutation-view.ts";
import type { Screen } from "./screen.ts";
import { wideTable } from "./wide-table.ts";

type JobShard = JobIndex["shards"][number];
type StepOutput = readonly { readonly stream: string; readonly text: string }[];

export async function jobPage(id: string, screen: Screen): Promise<HTMLElement> {
  const { data, t } = screen;
  const at = data.index.jobs.findIndex((job) => job.id === id);
  const job = data.index.jobs[at];
  if (job === undefined) return h("div", {}, h("h1", {}, t("job")), emptyNote(t("notFound")));
  const outputs = (await data.jobs())[at];
  const findings = data.index.outsideFindings.filter((finding) => finding.job === id);
  const facts = [
    job.kind,
    job.endReason,
    job.detail,
    job.needs.length > 0 ? t("after", { jobs: job.needs.join(", ") }) : undefined,
    job.startedAt !== undefined && job.finishedAt !== undefined ? formatDuration(job.finishedAt - job.startedAt) : undefined,
  ];
  return h(
    "article",
    {},
    h(
      "header",
      { class: "page-head" },
      h("p", { class: "over" }, h("a", { href: "#/" }, t("overview"))),
      h("h1", {}, stateMark(job.state, screen), ` ${job.id}`),
      h("p", { class: "facts" }, facts.filter((fact) => fact !== undefined).join(" · ")),
    ),
    findings.length > 0 &&
      h("section", { "aria-label": t("outsideFindings") }, h("h2", {}, t("outsideFindings")), findingsList(findings, screen)),
    deploymentsOf(id, screen),
    loadSummaries(id, screen),
    mutationsOf(id, screen),
    mocksTable(id, screen),
    job.shards.map((shard, index) => shardView(shard, { outputs: outputs?.[index] ?? [], several: job.shards.length > 1 }, screen)),
  );
}

function shardView(
  shard: JobShard,
  { outputs, several }: { outputs: readonly StepOutput[]; several: boolean },
  screen: Screen,
): HTMLElement {
  const { t } = screen;
  const phases = shard.phases.map(({ phase, durationMs }) => `${t(phaseWord(phase))} ${formatDuration(durationMs)}`).join(" · ");
  return h(
    "section",
    {},
    several && h("h2", {}, t("shard", { number: shard.shard })),
    h("p", { class: "facts" }, [shard.environment, phases].filter(Boolean).join(" · ")),
    shard.steps.map((step, index) => stepView(step, outputs[index] ?? [], screen)),
    shard.services.length > 0 && servicesTable(shard.services, screen),
  );
}

function stepView(step: JobShard["steps"][number], output: StepOutput, { t }: Screen): HTMLElement {
  const failed = step.exitCode !== 0;
  const ended = step.timedOut ? t("timedOut") : step.exitCode === undefined ? t("neverEnded") : t("exitCode", { code: step.exitCode });
  return h(
    "details",
    { class: "step", open: failed },
    h(
      "summary",
      {},
      h("code", {}, step.name ?? step.command),
      step.service !== undefined && h("span", { class: "chip" }, t("inService", { service: step.service })),
      h("span", { class: failed ? "chip alarm" : "chip" }, ended),
      h("span", { class: "number" }, formatDuration(step.durationMs)),
    ),
    step.name !== undefined && h("p", {}, h("code", {}, step.command)),
    step.droppedLines > 0 && h("p", { class: "note" }, t("droppedLines", { count: step.droppedLines })),
    output.length === 0
      ? emptyNote(t("noOutput"))
      : h(
          "pre",
          { class: "output", tabindex: 0 },
          output.map(({ stream, text }) => h("span", { class: stream === "stderr" ? "stderr" : undefined }, styledText(text), "\n")),
        ),
  );
}

export function servicesTable(services: JobShard["services"], { t }: Screen): HTMLElement {
  const head = [t("services"), t("asked"), t("took"), t("state"), t("ready"), t("restarts")];
  return wideTable(
    head,
    services.map((service) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, service.name),
        h("td", {}, h("code", {}, service.asked)),
        h("td", {}, service.took),
        h("td", {}, service.state, service.exitCode !== undefined && ` (${t("exitCode", { code: service.exitCode })})`),
        h("td", { class: "number" }, service.readyAfterMs === undefined ? "–" : formatDuration(service.readyAfterMs)),
        h("td", { class: "number" }, service.restarts),
      ),
    ),
  );
}
