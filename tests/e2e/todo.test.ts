import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstScreen, launchBrowser } from "./first-screen.ts";
import { lastJson, type Stage, setStage } from "./stage.ts";

/** The sample system as it is, and with each of its planted bugs: the two minutes that say most. */
let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  stage = await setStage();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await stage[Symbol.asyncDispose]();
});

interface RunJson {
  readonly run: { readonly state: string };
  readonly report: string;
  readonly totals: { readonly passed: number; readonly failed: number; readonly transactions: number };
  readonly tests: readonly { readonly file: string; readonly attempts: readonly { readonly requestIds: readonly string[] }[] }[];
  readonly requestsOfNoTest: readonly { readonly url: string }[];
  readonly load: readonly { readonly profile: string; readonly totals: { readonly completed: number } }[];
}

test("it passes, and every request its tests made belongs to one of them", { timeout: 480_000 }, async () => {
  const directory = await stage.copyExample("todo");
  const ended = await stage.run(["run", "--json"], { directory });
  expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
  const { run, report, totals, tests, requestsOfNoTest, load } = lastJson<RunJson>(ended);
  expect(run.state).toBe("passed");
  expect(totals.failed).toBe(0);
  // Vitest asks the API itself, Playwright by a browser: both kinds have many requests.
  for (const folder of ["tests/integration/", "tests/functional/"]) {
    const requests = tests
      .filter(({ file }) => file.startsWith(folder))
      .flatMap(({ attempts }) => attempts.flatMap((one) => one.requestIds));
    expect(requests.length, folder).toBeGreaterThan(100);
  }
  const ours = requestsOfNoTest.filter(({ url }) => /^(?:\w+:\/\/)?(?:web|api|mail|worker)[:/]/.test(url));
  expect(ours).toEqual([]);
  // What a busy machine says of its speed is no test; that every profile asked, was answered and counted is.
  expect(load.map(({ profile }) => profile)).toEqual(["load", "spike", "stress"]);
  for (const { totals } of load) expect(totals.completed).toBeGreaterThan(100);
  expect(await firstScreen(browser, report)).toContain("Passed todo #1");
  await stage.expectNothingLeft();
});

const bugs = [
  { bug: "api-lost-rename", step: "npm run test:integration -- lists", service: "api", line: /failed: Invalid character/ },
  {
    bug: "worker-wrong-recipient",
    step: "npm run test:integration -- reminders",
    service: "worker",
    line: /reminder given up: the mail system answered 422 .*body\/to must be string, got null/,
  },
  {
    bug: "worker-unknown-field",
    step: "npm run test:integration -- reminders",
    service: "worker",
    line: /POST \/messages breaks the contract of mail.*priority.*tests\/mocks\/mail\/openapi\.yaml/s,
  },
  {
    bug: "web-layout",
    step: "npm run test:functional -- layout",
    service: "web",
    line: /the page asked for \/assets\/styles\.css, which is not there/,
  },
];
test.for(bugs)(
  "the bug $bug ends 1, and the first lines and the first screen show what $service printed",
  { timeout: 300_000 },
  async ({ bug, step, service, line }) => {
    const directory = await stage.copyExample("todo", { patch: join("bugs", `${bug}.patch`), changes: { "dojang.yml": onlyStep(step) } });
    const ended = await stage.run(["run", "--job", "integration"], { directory });
    expect(ended.exitCode, ended.stderr).toBe(1);
    const look = ended.stdout.slice(ended.stdout.indexOf("Look first:"), ended.stdout.indexOf("dojang logs"));
    expect(look).toMatch(new RegExp(`^ {2}${service} \\| `, "m"));
    const path = /^Report: (.*)$/m.exec(ended.stdout)?.[1] ?? "";
    const seen = await firstScreen(browser, path);
    expect(seen).toContain("Failed todo");
    expect(seen).toMatch(line);
    await stage.expectNothingLeft();
  },
);

/** What the bug breaks is proved by a part of one job; the whole of it is what passes above. */
function onlyStep(step: string): (text: string) => string {
  const report = step.includes("functional") ? "playwright: out/functional.json" : "junit: out/integration.xml";
  return (text) =>
    text
      .replace("needs: [lint, unit, config, image]", "needs: []")
      .replace(/ {6}- \{ run: npm run test:integration \}\n {6}- \{ run: npm run test:functional \}\n/, `      - { run: ${step} }\n`)
      .replace("junit: out/integration.xml, playwright: out/functional.json", report);
}
