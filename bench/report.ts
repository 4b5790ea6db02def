import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "@playwright/test";
import { exampleRun } from "../packages/dojang/src/report/example-run.ts";
import { renderHtml } from "../packages/dojang/src/report/render-html.ts";

/**
 * Prints the row "report of 500 tests, 20k transactions" of the design's numbers: `node bench/report.ts`.
 * The first screen is measured inside the page, from the start of the navigation until the verdict is in the document.
 */
const openings = 7;

const folder = mkdtempSync(join(tmpdir(), "dojang-bench-report-"));
const browser = await chromium.launch({ executablePath: process.env.DOJANG_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const facts = exampleRun({ tests: 500, transactionsPerTest: 40, failing: true });
  const began = performance.now();
  const html = renderHtml(facts);
  const renderMs = performance.now() - began;
  const file = join(folder, "report.html");
  writeFileSync(file, html);
  const screens: number[] = [];
  for (let opening = 0; opening < openings; opening += 1) screens.push(await firstScreenMs(browser, file));
  const lookUp = await lookUpMs(browser, file, facts.transactions.at(-2)?.id ?? "");
  console.log(
    `report: ${facts.attempts.length} attempts of 500 tests, ${facts.transactions.length} transactions, ${Object.values(facts.logsByRequest).flat().length} log records`,
  );
  console.log(`  made in            ${renderMs.toFixed(0)} ms`);
  console.log(`  single file        ${(statSync(file).size / 1e6).toFixed(1)} MB (target <= 10)`);
  console.log(
    `  first screen       ${median(screens).toFixed(0)} ms median, ${Math.max(...screens).toFixed(0)} ms worst of ${openings} (target <= 1000)`,
  );
  console.log(`  transaction by id  ${lookUp.toFixed(0)} ms, the last of the file`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

async function firstScreenMs(on: Browser, path: string): Promise<number> {
  const page = await on.newPage();
  await page.goto(pathToFileURL(path).href, { waitUntil: "commit" });
  await page.locator(".verdict").waitFor();
  const shownAt = await page.evaluate<number>("performance.getEntriesByName('first-screen')[0].startTime");
  await page.close();
  return shownAt;
}

async function lookUpMs(on: Browser, path: string, id: string): Promise<number> {
  const page = await on.newPage();
  await page.goto(pathToFileURL(path).href);
  await page.locator(".verdict").waitFor();
  const began = performance.now();
  await page.evaluate(`location.hash = "#/transaction/${id}"`);
  await page.locator(".transaction-page").waitFor();
  const took = performance.now() - began;
  await page.close();
  return took;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
