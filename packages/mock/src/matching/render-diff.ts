import type { DiffLine } from "./diff-line.ts";
import type { Diff } from "./explain-miss.ts";
import { wrapText } from "./wrap-text.ts";

const defaultWidth = 119;
const minWidth = 40;
const maxWidth = 1000;

/**
 * The text of WireMock's page for a request that no stub matches: what the nearest stub asks for and what came, side by side.
 * `width` is of the whole page (clients choose it by `X-WireMock-Console-Width`).
 */
export function renderDiff(diff: Diff, width: number = defaultWidth): string {
  const page = new Page(Number.isInteger(width) ? Math.min(Math.max(width, minWidth), maxWidth) : defaultWidth);
  page.header();
  if (diff.stubName !== undefined) {
    page.line({ expected: diff.stubName, actual: "", matches: true });
    page.blank();
  }
  for (const line of diff.lines) page.line(line);
  page.blank();
  page.footer();
  return page.text();
}

class Page {
  readonly #width: number;
  /** Of the left half, its bar not counted. */
  readonly #half: number;
  readonly #rows: string[] = [""];

  constructor(width: number) {
    this.#width = width;
    this.#half = Math.floor(width / 2) - 1;
  }

  header(): void {
    const title = "Request was not matched";
    const indent = " ".repeat(Math.max(0, this.#half - Math.floor(title.length / 2)));
    const rule = "-".repeat(this.#width);
    const columns = `|${" Closest stub".padEnd(this.#half)}|${" Request".padEnd(this.#half)}|`;
    this.#rows.push(`${indent}${title}`, `${indent}${"=".repeat(title.length)}`, "", rule, columns, rule);
    this.blank();
  }

  footer(): void {
    this.#rows.push("-".repeat(this.#width));
  }

  blank(): void {
    this.#row("", "");
  }

  line({ expected, actual, message }: DiffLine): void {
    const left = this.#cell(expected);
    const right = this.#cell(actual);
    for (let i = 0; i < Math.max(left.length, right.length, 1); i++)
      this.#row(left[i] ?? "", right[i] ?? "", i === 0 ? message : undefined);
  }

  text(): string {
    return `${this.#rows.join("\n")}\n`;
  }

  #cell(text: string): readonly string[] {
    const lines = wrapText(text.replaceAll("\r\n", "\n"), this.#half - 1).split("\n");
    while (lines.length > 0 && lines.at(-1) === "") lines.pop();
    return lines;
  }

  #row(left: string, right: string, message?: string): void {
    const start = `${left.padEnd(this.#half + 1)}|`;
    if (message === undefined) this.#rows.push(right === "" ? start : `${start} ${right}`);
    else if (right === "") this.#rows.push(`${start}${" ".repeat(this.#half - 5)}<<<<< ${message}`);
    else this.#rows.push(`${start} ${right.padEnd(this.#half - 6)}<<<<< ${message}`);
  }
}
