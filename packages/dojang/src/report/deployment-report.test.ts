import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleRun } from "./example-run.ts";
import { openReportReader, type ReadOptions, type ReportReader } from "./report-reader.ts";
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

let reader: ReportReader;
beforeAll(async () => {
  reader = await openReportReader();
});
afterAll(() => reader.close());

const open = (options: ReadOptions = {}) => reader.open(facts, { hash: `#/job/${encodeURIComponent(job)}`, ...options });

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
