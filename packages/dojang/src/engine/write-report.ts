import { rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { makeFolders } from "@dojang/runtime";
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

const ownFolder = ".dojang";

/** Writes the single-file report, whole or not at all. */
export async function writeReport({ facts, directory, allure }: WriteReportOptions): Promise<WrittenReport> {
  await makeReportFolder(directory);
  const html = join(directory, "report.html");
  const unfinished = `${html}.${process.pid}.part`;
  await writeFile(unfinished, renderHtml(facts));
  await rename(unfinished, html);
  if (!allure) return { html };
  const folder = join(directory, "allure-results");
  await writeAllure({ facts, directory: folder });
  return { html, allure: folder };
}

/** Safe twice: before a run, that a place which cannot be written to is told then, and with the report. */
export async function makeReportFolder(directory: string): Promise<void> {
  const made = await makeFolders(directory);
  if (made !== undefined || basename(directory) === ownFolder) await hideFromGit(directory);
}

/** A report of one commit must not make the next run's tree one with uncommitted changes: it would be compared with itself. */
async function hideFromGit(directory: string): Promise<void> {
  await writeFile(join(directory, ".gitignore"), "*\n", { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}
