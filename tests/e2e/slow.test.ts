import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstScreen, launchBrowser } from "./first-screen.ts";
import { lastJson, type Stage, setStage } from "./stage.ts";

/** The sample system with the mistakes that make it slow and nothing else: the traffic of its performance job says whose they are. */
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

interface LoadJson {
  readonly report: string;
  readonly load: readonly { readonly profile: string; readonly hints: readonly { readonly kind: string; readonly text: string }[] }[];
}

const bugs = [
  { bug: "api-slow-etag", sentence: /^api: event loop at \d+ % from \d+\.\d s/ },
  {
    bug: "api-query-per-item",
    sentence: /^postgres: 1\d statements for each request.*"select due_at, state from reminder where item_id = \$1"/,
  },
];
test.for(bugs)("the traffic meets $bug, and the first screen says whose fault it is", { timeout: 240_000 }, async ({ bug, sentence }) => {
  const directory = await stage.copyExample("todo", { patch: join("bugs", `${bug}.patch`), changes: { "dojang.yml": oneShortProfile } });
  const ended = await stage.run(["run", "--job", "performance", "--json"], { directory });
  const { report, load } = lastJson<LoadJson>(ended);
  // Latency is told and not held against the change there: whether it was slow enough to fail is the machine's business.
  expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
  expect(load.map(({ profile }) => profile)).toEqual(["load"]);
  // A machine with no time for its generator says so before.
  const [first] = (load[0]?.hints ?? []).filter(({ kind }) => kind !== "generator");
  expect(first?.text).toMatch(sentence);
  expect(await firstScreen(browser, report)).toContain(first?.text);
  await stage.expectNothingLeft();
});

function oneShortProfile(text: string): string {
  return text
    .replace("needs: [integration]", "needs: []")
    .replace("load:   { rate: 40/s, for: 6s }", "load:   { rate: 40/s, for: 5s }")
    .replace(/^ {6}(stress|spike): .*\n/gm, "");
}
