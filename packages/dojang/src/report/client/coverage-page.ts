import { h } from "./dom.ts";
import { formatLines, formatPercent } from "./format.ts";
import { emptyNote } from "./marks.ts";
import type { Screen } from "./screen.ts";
import { wideTable } from "./wide-table.ts";

const contextLines = 2;

export async function coveragePage(screen: Screen): Promise<HTMLElement> {
  const { data, t } = screen;
  const { coverage: totals, patchCoverage: patch } = data.index;
  const coverage = await data.coverage();
  if (totals === undefined && patch === undefined) return h("div", {}, h("h1", {}, t("coverage")), emptyNote(t("noCoverage")));
  const sources = coverage?.sources ?? {};
  const touched = patch?.files.toSorted((a, b) => b.missed.length - a.missed.length) ?? [];
  return h(
    "div",
    {},
    h("h1", {}, t("coverage")),
    patch !== undefined &&
      h(
        "section",
        {},
        h(
          "h2",
          {},
          t("patchCoverage"),
          " ",
          h("strong", {}, formatPercent(patch.coveredLines, patch.executableLines)),
          h("small", {}, ` ${t("linesOf", { covered: patch.coveredLines, total: patch.executableLines })}`),
        ),
        patch.coveredLines === patch.executableLines && patch.executableLines > 0 && emptyNote(t("everyLineCovered")),
        touched.map((file) => changedFile(file, Object.hasOwn(sources, file.path) ? sources[file.path] : undefined, screen)),
      ),
    totals !== undefined &&
      coverage !== undefined &&
      h(
        "section",
        {},
        h("h2", {}, t("totalCoverage"), " ", h("strong", {}, formatPercent(totals.covered, totals.lines))),
        filesTable(coverage.files, screen),
      ),
  );
}

interface ChangedFile {
  readonly path: string;
  readonly covered: readonly number[];
  readonly missed: readonly number[];
}

function changedFile(file: ChangedFile, source: string | undefined, { t }: Screen): HTMLElement {
  const total = file.covered.length + file.missed.length;
  const head = h(
    "summary",
    {},
    h("code", {}, file.path),
    h("span", { class: "number" }, `${file.covered.length}/${total}`),
    file.missed.length > 0 && h("span", { class: "chip alarm" }, `${t("missedLines")}: ${formatLines(file.missed)}`),
  );
  return h(
    "details",
    { class: "covered-file", open: file.missed.length > 0 && source !== undefined },
    head,
    source === undefined ? emptyNote(t("noSource")) : sourceView(file, source),
  );
}

/** The changed lines with a little around them; a gap is a rule. */
function sourceView(file: ChangedFile, source: string): HTMLElement {
  const lines = source.split("\n");
  const [missed, covered] = [new Set(file.missed), new Set(file.covered)];
  const near = (number: number): boolean =>
    Array.from({ length: 2 * contextLines + 1 }, (_, index) => number - contextLines + index).some(
      (one) => missed.has(one) || covered.has(one),
    );
  const rows: HTMLElement[] = [];
  let last = 0;
  for (let number = 1; number <= lines.length; number += 1) {
    if (!near(number)) continue;
    const gap = last !== 0 && number > last + 1 ? " gap" : "";
    const kind = missed.has(number) ? "missed" : covered.has(number) ? "covered" : "";
    rows.push(
      h(
        "div",
        { class: `source-line ${kind}${gap}` },
        h("span", { class: "line-number" }, number),
        h("span", { class: "line-mark" }, missed.has(number) ? "✕" : covered.has(number) ? "✓" : ""),
        lines[number - 1] ?? "",
      ),
    );
    last = number;
  }
  return h("pre", { class: "source", tabindex: 0 }, rows);
}

function filesTable(
  files: readonly { path: string; lines: number; covered: number; missed: readonly number[] }[],
  { t }: Screen,
): HTMLElement {
  const sorted = files.toSorted((a, b) => a.covered / Math.max(a.lines, 1) - b.covered / Math.max(b.lines, 1));
  return wideTable(
    [t("file"), t("coverage"), t("missedLines")],
    sorted.map((file) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, h("code", {}, file.path)),
        h("td", { class: "number" }, `${formatPercent(file.covered, file.lines)} (${file.covered}/${file.lines})`),
        h("td", { class: "lines" }, formatLines(file.missed)),
      ),
    ),
  );
}
