import type { JobIndex } from "../report-sections.ts";
import { h, svg } from "./dom.ts";
import { formatDuration } from "./format.ts";
import { stateMark } from "./marks.ts";
import type { Screen } from "./screen.ts";
import { niceStep, percent } from "./time-axis.ts";

const column = 216;
const row = 44;
const box = { width: 176, height: 32 };

/** The graph of jobs: a column per depth of need, an edge per need. */
export function jobGraph(jobs: readonly JobIndex[], screen: Screen): HTMLElement {
  const places = layers(jobs);
  const columns = Math.max(...[...places.values()].map((place) => place.column)) + 1;
  const rows = Math.max(...[...places.values()].map((place) => place.row)) + 1;
  const size = { width: columns * column - (column - box.width), height: rows * row - (row - box.height) };
  const edges = jobs.flatMap((job) => job.needs.map((needed) => edge(places.get(needed), places.get(job.id))));
  const picture = svg(
    "svg",
    { width: size.width, height: size.height, viewBox: `0 0 ${size.width} ${size.height}`, "aria-hidden": "true", focusable: "false" },
    edges,
  );
  const nodes = jobs.map((job) => {
    const node = h(
      "a",
      {
        class: `job-node state-${job.state}`,
        href: `#/job/${encodeURIComponent(job.id)}`,
        title: job.needs.length > 0 ? screen.t("after", { jobs: job.needs.join(", ") }) : undefined,
      },
      stateMark(job.state, screen),
      h("span", {}, job.id),
    );
    const place = places.get(job.id);
    node.style.left = `${(place?.column ?? 0) * column}px`;
    node.style.top = `${(place?.row ?? 0) * row}px`;
    return node;
  });
  const graph = h("div", { class: "job-graph" }, picture, nodes);
  graph.style.width = `${size.width}px`;
  graph.style.height = `${size.height}px`;
  return h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": screen.t("jobs") }, graph);
}

interface GraphPlace {
  readonly column: number;
  readonly row: number;
}

/** A job's column is one more than the last of those it needs; jobs come in the order of the plan, so those are known. */
function layers(jobs: readonly Pick<JobIndex, "id" | "needs">[]): Map<string, GraphPlace> {
  const places = new Map<string, GraphPlace>();
  const filled: number[] = [];
  for (const { id, needs } of jobs) {
    const depth = Math.max(-1, ...needs.map((needed) => places.get(needed)?.column ?? -1)) + 1;
    const at = filled[depth] ?? 0;
    filled[depth] = at + 1;
    places.set(id, { column: depth, row: at });
  }
  return places;
}

function edge(from: GraphPlace | undefined, to: GraphPlace | undefined): SVGElement | undefined {
  if (from === undefined || to === undefined) return undefined;
  const [x1, y1] = [from.column * column + box.width, from.row * row + box.height / 2];
  const [x2, y2] = [to.column * column, to.row * row + box.height / 2];
  const middle = (x1 + x2) / 2;
  return svg("path", { class: "edge", d: `M ${x1} ${y1} C ${middle} ${y1}, ${middle} ${y2}, ${x2} ${y2}` });
}

/** When each job waited and ran, shard by shard, split into its phases. */
export function jobChart(jobs: readonly JobIndex[], screen: Screen): HTMLElement {
  const { run } = screen.data.index;
  const end = Math.max(run.finishedAt ?? run.startedAt, ...jobs.map((job) => job.finishedAt ?? 0));
  const span = Math.max(end - run.startedAt, 1);
  const rows = jobs.flatMap((job) =>
    job.shards.length > 1 ? job.shards.map((shard) => ({ job, shard })) : [{ job, shard: job.shards[0] }],
  );
  const step = niceStep(span);
  const marks = Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => {
    const mark = h("span", { class: "ruler-mark" }, index === 0 ? "0" : formatDuration(index * step).replace(/\.0+ s/, " s"));
    mark.style.left = percent((index * step) / span);
    return mark;
  });
  return h(
    "div",
    { class: "chart" },
    rows.map(({ job, shard }) => {
      const place = (element: HTMLElement, at: number, durationMs: number): HTMLElement => {
        element.style.left = percent((at - run.startedAt) / span);
        element.style.width = percent(durationMs / span);
        return element;
      };
      const phases = (shard?.phases ?? []).map(({ phase, startedAt, durationMs }) =>
        place(
          h("span", {
            class: `bar phase-${phase}${phase === "steps" ? ` state-${job.state}` : ""}`,
            title: `${screen.t(phaseWord(phase))} ${formatDuration(durationMs)}`,
          }),
          startedAt,
          durationMs,
        ),
      );
      const ran =
        job.startedAt === undefined
          ? undefined
          : place(h("span", { class: "bar whole" }), job.startedAt, (job.finishedAt ?? end) - job.startedAt);
      const took =
        job.startedAt === undefined ? (job.detail ?? screen.t(job.state)) : formatDuration((job.finishedAt ?? end) - job.startedAt);
      return h(
        "div",
        { class: "lane" },
        h(
          "a",
          { class: "lane-name", href: `#/job/${encodeURIComponent(job.id)}` },
          stateMark(job.state, screen),
          ` ${job.id}`,
          job.shards.length > 1 && h("small", {}, ` ${shard?.shard}/${job.shards.length}`),
        ),
        h("div", { class: "lane-track" }, ran, phases),
        h("span", { class: "number lane-end" }, took),
      );
    }),
    h(
      "div",
      { class: "lane ruler", "aria-hidden": "true" },
      h("span", { class: "lane-name" }),
      h("div", { class: "lane-track" }, marks),
      h("span", { class: "lane-end" }),
    ),
    legend(
      rows.flatMap(({ shard }) => shard?.phases.map(({ phase }) => phase) ?? []),
      screen,
    ),
  );
}

type Phase = JobIndex["shards"][number]["phases"][number]["phase"];

function legend(phases: readonly Phase[], { t }: Screen): HTMLElement {
  return h(
    "p",
    { class: "legend" },
    [...new Set(phases)].map((phase) => h("span", {}, h("span", { class: `swatch phase-${phase}` }), ` ${t(phaseWord(phase))}`)),
  );
}

const phaseWords = {
  build: "phaseBuild",
  environment: "phaseEnvironment",
  prepare: "phasePrepare",
  steps: "phaseSteps",
  collect: "phaseCollect",
  teardown: "phaseTeardown",
} as const;

export function phaseWord(phase: Phase): (typeof phaseWords)[Phase] {
  return phaseWords[phase];
}
