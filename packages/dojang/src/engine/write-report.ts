import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderHtml } from "../report/render-html.ts";
import type { RunFacts } from "../report/run-facts.ts";
import { writeAllure } from "../report/write-allure.ts";

export interface WrittenReport {
  readonly html: string;
  /** Allure results, when asked for. */
  readonly allure?: string;
}

export interface WriteReportOptions {
  readonly facts: RunFacts;
  /** Made when missing. */
  readonly directory: string;
  readonly allure: boolean;
}

/** Writes the single-file report, whole or not at all. */
export async function writeReport({ facts, directory, allure }: WriteReportOptions): Promise<WrittenReport> {
  await mkdir(directory, { recursive: true });
  const html = join(directory, "report.html");
  const unfinished = `${html}.${process.pid}.part`;
  await writeFile(unfinished, renderHtml(facts));
  await rename(unfinished, html);
  if (!allure) return { html };
  const folder = join(directory, "allure-results");
  await writeAllure({ facts, directory: folder });
  return { html, allure: folder };
}
