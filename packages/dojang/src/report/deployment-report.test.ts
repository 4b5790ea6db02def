import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleRun } from "./example-run.ts";
import { renderHtml } from "./render-html.ts";
import type { DeployedFacts, RunFacts } from "./run-facts.ts";
import { toJson } from "./to-json.ts";

const example = exampleRun({ tests: 4, transactionsPerTest: 1, failing: false });
const job = example.jobs.at(-1)?.id ?? "";
const evil = '<img src=x onerror="alert(1)"></script>';
const deployed: DeployedFacts = {
  job,
  deployment: "1m7zzbk4nw0xy2fk54c7",
  site: "todo-production",
  address: "https://todo.example",
  release: "todo-r12",
  previousRelease: "todo-r11",
  state: "rolled-back",
  approvals: [{ person: "mina", decision: "approved", reason: evil, at: 1 }],
  steps: [
    { name: "switch", state: "done", summary: "every visitor goes to todo-r12", startedAt: 0, finishedAt: 40 },
    { name: "watch", state: "failed", summary: `46 % of 91 requests failed ${evil}`, startedAt: 40, finishedAt: 1140 },
    { name: "take-back", state: "done", summary: "todo-r11 serves everybody again", startedAt: 1140, finishedAt: 4640 },
  ],
};
const facts: RunFacts = { ...example, deployments: [deployed] };

let browser: Browser;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dojang-report-"));
  browser = await chromium.launch({ executablePath: process.env.DOJANG_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(context: BrowserContextOptions = {}) {
  const file = join(folder, `${Math.random()}.html`);
  writeFileSync(file, renderHtml(facts));
  const page = await (await browser.newContext({ locale: "en-US", ...context })).newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(`${pathToFileURL(file)}#/job/${encodeURIComponent(job)}`);
  await page.locator("main > *").first().waitFor();
  return { page, complaints };
}

test("a deploy job's page tells each step, what came of it, and who agreed", async () => {
  const { page, complaints } = await open();
  const section = page.getByRole("region", { name: "Deployment" });

  expect(await section.innerText()).toContain("todo-r12 to todo-production, over todo-r11");
  expect(await section.getByText("mina approved").count()).toBe(1);
  expect(await section.getByRole("row", { name: /watch/ }).innerText()).toMatch(/failed\s+46 % of 91 requests failed/);
  expect(await section.getByRole("row").count()).toBe(4);
  expect(await page.locator("main img").count()).toBe(0);
  expect(complaints).toEqual([]);
});

test.each(["light", "dark"] as const)("it fits a narrow window, in Korean too (%s)", async (colorScheme) => {
  const { page } = await open({ colorScheme, locale: "ko-KR", viewport: { width: 420, height: 900 } });

  expect(await page.getByRole("region", { name: "배포" }).innerText()).toContain("이전 todo-r11");
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
});

test("report.json has it as it is", () => {
  expect(toJson(facts).deployments).toEqual([deployed]);
});
