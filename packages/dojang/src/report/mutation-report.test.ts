import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleRun } from "./example-run.ts";
import type { MutantFacts, MutationFacts } from "./mutation-facts.ts";
import { renderTerminal } from "./render-terminal.ts";
import { openReportReader, type ReadOptions, type ReportReader } from "./report-reader.ts";
import type { RunFacts } from "./run-facts.ts";
import { toJson } from "./to-json.ts";

const example = exampleRun({ tests: 4, transactionsPerTest: 1, failing: false });
const job = example.jobs.at(-1)?.id ?? "";
const evil = '<img src=x onerror="alert(1)"></script>\u001b[2J';
const survivor: MutantFacts = {
  status: "survived",
  file: "src/prices.ts",
  line: 7,
  column: 10,
  operator: "ArithmeticOperator",
  before: [`    return price + fee; // ${evil}`],
  after: [`    return price - fee; // ${evil}`],
  tests: ["prices > an express parcel costs something", evil],
  testCount: 3,
};
const killed: MutantFacts = { ...survivor, status: "killed", line: 6, killedBy: "prices > small orders pay" };
const unrun: MutantFacts = { ...survivor, status: "no-coverage", line: 9, tests: [], testCount: 0 };
const mutation: MutationFacts = {
  job,
  engine: "stryker",
  version: "Stryker 10.1.1",
  runner: "vitest 5.1.0",
  baseline: { tests: 12, durationMs: 2400 },
  files: 1,
  changedLines: 3,
  found: 9,
  leftOut: 4,
  untried: 2,
  ignored: 1,
  durationMs: 14_200,
  score: 1 / 3,
  mutants: [killed, unrun, survivor],
};
const facts: RunFacts = { ...example, mutations: [mutation] };

let reader: ReportReader;
beforeAll(async () => {
  reader = await openReportReader();
});
afterAll(() => reader.close());

const open = (options: ReadOptions = {}) => reader.open(facts, { hash: `#/job/${encodeURIComponent(job)}`, ...options });

test("a mutation job's page shows each survivor on its line, the change, and the tests that did not mind", async () => {
  const { page, complaints } = await open();
  const section = page.getByRole("region", { name: "Mutants" });
  const text = await section.innerText();

  expect(text).toMatch(/Mutants: 33\.3 % of 3 mutants killed/);
  expect(text).toContain("3 changed lines of 1 files · 12 tests, 2.40 s without a mutant · 14.2 s");
  expect(text).toMatch(/1 survived\s*1 no coverage\s*1 killed\s*2 not tried in time\s*4 left out.*\s*1 ignored/);
  expect(text).toMatch(/src\/prices\.ts:7\s+- return price \+ fee;.*\n\+ return price - fee;/);
  await section.getByText("3 tests run this line and pass all the same").click();
  expect(await section.getByText("prices > an express parcel costs something").isVisible()).toBe(true);
  await section.getByText("2 others").click();
  expect(await section.innerText()).toMatch(/No test runs this line\.[\s\S]*killed by prices > small orders pay/);
  expect(await page.locator("main img").count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("the first screen names survivors, and nothing of mutants where all were killed", async () => {
  const { page } = await open({ hash: "" });
  expect(await page.getByRole("region", { name: "Mutants" }).innerText()).toContain("src/prices.ts:7");

  const well = { ...facts, mutations: [{ ...mutation, mutants: [killed], score: 1 }] };
  const { page: quiet } = await reader.open(well);
  expect(await quiet.getByRole("region", { name: "Mutants" }).count()).toBe(0);
});

test.each(["light", "dark"] as const)("it fits a narrow window, in Korean too (%s)", async (colorScheme) => {
  const { page } = await open({ colorScheme, locale: "ko-KR", viewport: { width: 380, height: 900 } });

  expect(await page.getByRole("region", { name: "뮤턴트" }).innerText()).toContain("살아남음");
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
});

test("a job that came to know nothing says why", async () => {
  const unknown = {
    ...mutation,
    mutants: [],
    score: undefined,
    unknown: "no test imports what is changed: 9 mutants would not be noticed",
  };
  const { page } = await reader.open({ ...facts, mutations: [unknown] }, { hash: `#/job/${encodeURIComponent(job)}` });

  expect(await page.getByRole("region", { name: "Mutants" }).innerText()).toContain("no test imports what is changed");
});

test("the terminal shows what survived, without indentation and without commands to the terminal", () => {
  const text = renderTerminal(facts, { color: false, columns: 120 });

  expect(text).toMatch(/\n {2}src\/prices\.ts:7 survived: ArithmeticOperator\n {4}- return price \+ fee;.*\n {4}\+ return price - fee;/);
  expect(text).not.toContain("\u001b");
});

test("report.json has all of it", () => {
  expect(toJson(facts).mutations).toEqual([mutation]);
});
