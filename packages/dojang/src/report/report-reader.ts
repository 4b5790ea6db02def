import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BrowserContextOptions, chromium, type Page } from "@playwright/test";
import { renderHtml } from "./render-html.ts";
import type { RunFacts } from "./run-facts.ts";

/** For tests: a real browser that opens reports from files, as somebody does who was sent one. */
export interface ReportReader {
  open(facts: RunFacts, options?: ReadOptions): Promise<OpenReport>;
  close(): Promise<void>;
}

export interface ReadOptions extends BrowserContextOptions {
  /** Where in the report: `#/tests`. */
  readonly hash?: string;
  readonly limitBytes?: number;
}

export interface OpenReport {
  readonly page: Page;
  /** What the page wrote to its console, threw, asked in a dialog, or wanted from the network. */
  readonly complaints: readonly string[];
}

export async function openReportReader(): Promise<ReportReader> {
  const folder = mkdtempSync(join(tmpdir(), "dojang-report-"));
  const browser = await chromium.launch({ executablePath: process.env.DOJANG_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  return {
    async open(facts, { hash = "", limitBytes, ...context } = {}) {
      const file = join(folder, `${Math.random()}.html`);
      writeFileSync(file, renderHtml(facts, { limitBytes }));
      const page = await (await browser.newContext({ locale: "en-US", ...context })).newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => complaints.push(message.text()));
      page.on("dialog", (dialog) => complaints.push(`dialog ${dialog.message()}`));
      page.on("request", (request) => {
        if (!request.url().startsWith("file:") || !request.isNavigationRequest()) complaints.push(`request ${request.url()}`);
      });
      await page.goto(`${pathToFileURL(file)}${hash}`);
      await page.locator("main > *").first().waitFor();
      return { page, complaints };
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
