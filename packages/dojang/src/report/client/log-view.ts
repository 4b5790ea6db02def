import type { LogRecord } from "@dojang/model";
import { readableRecord } from "../readable-record.ts";
import { h } from "./dom.ts";
import { foldStack } from "./folded-stack.ts";
import { formatOffset, formatTime } from "./format.ts";
import { styledText } from "./marks.ts";
import { outsideRecord } from "./outside-view.ts";
import type { ShownOutsideCall } from "./report-data.ts";
import type { Screen } from "./screen.ts";

export type LogLine = RecordLine | { readonly call: ShownOutsideCall };

interface RecordLine {
  readonly record: LogRecord;
  /** Drawn grey: not known to belong to what is looked at. */
  readonly faint?: boolean;
}

/** Records of all services, and what they asked outside, in order of time, each with its offset from `origin`. */
export function logView(lines: readonly LogLine[], origin: number, screen: Screen): HTMLElement {
  const ordered = lines.toSorted((a, b) => timeOf(a) - timeOf(b) || sequenceOf(a) - sequenceOf(b));
  return h(
    "ol",
    { class: "logs" },
    ordered.map((line) => ("call" in line ? outsideRecord(line.call, origin, screen) : logRecord(line, origin, screen))),
  );
}

function timeOf(line: LogLine): number {
  return "call" in line ? line.call.startedAt : line.record.at;
}

function sequenceOf(line: LogLine): number {
  return "call" in line ? 0 : line.record.sequence;
}

function logRecord({ record, faint }: RecordLine, origin: number, screen: Screen): HTMLElement {
  const classes = ["log", `level-${record.level ?? "none"}`, faint ? "faint" : ""].filter(Boolean).join(" ");
  return h(
    "li",
    { class: classes, "data-log": `${record.service}:${record.sequence}`, tabindex: -1 },
    h("time", { title: formatTime(record.at) }, formatOffset(record.at - origin)),
    h("span", { class: "service" }, record.service),
    h("span", { class: "level" }, record.level ?? (record.stream === "stdout" ? "" : record.stream)),
    foldedText(record.text, screen),
  );
}

/** Text in which runs of library frames open on request. */
export function foldedText(text: string, { t }: Screen): HTMLElement {
  const parts = foldStack(readableRecord(text).replace(/\n+$/, "")).map((part, index) => {
    const content = `${index > 0 ? "\n" : ""}${part.lines.join("\n")}`;
    if (!part.folded) return styledText(content);
    const hidden = h("span", { hidden: true }, styledText(content));
    const button = h(
      "button",
      {
        type: "button",
        class: "fold",
        "aria-expanded": "false",
        onclick: () => {
          hidden.hidden = !hidden.hidden;
          button.setAttribute("aria-expanded", String(!hidden.hidden));
          button.textContent = hidden.hidden ? t("moreFrames", { count: part.lines.length }) : t("fewerFrames");
        },
      },
      t("moreFrames", { count: part.lines.length }),
    );
    return [hidden, "\n    ", button];
  });
  return h("pre", { class: "text" }, parts);
}
