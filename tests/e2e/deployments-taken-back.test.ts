import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findProcesses } from "./leftovers.ts";
import { type NotesSite, notesSite, type SeenDeployment, told } from "./notes-site.ts";
import { type Random, seededRandom } from "./seeded-random.ts";

/**
 * kill -9 of the process that takes a deployment back, whatever it is taken back for: the next one ends the way back, and nothing of
 * the release is left. DOJANG_TEST_SEED repeats the moments of a test that failed.
 */
let site: NotesSite;
let random: Random;
beforeAll(async () => {
  random = seededRandom();
  site = await notesSite({ environments: ["staging"] });
  const { ended } = await site.deploy("staging");
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(await site.page("staging", "/", "POST")).toMatchObject({ status: "200" });
}, 180_000);
afterAll(() => site[Symbol.asyncDispose](), 60_000);

async function running(): Promise<readonly string[]> {
  const all = await findProcesses(site.stage.home);
  const ids = all.flatMap(({ command }) => [...command.matchAll(new RegExp(`${site.project}-staging-([a-z0-9]+)`, "g"))]);
  return [...new Set(ids.map(([, end]) => end ?? ""))].sort();
}

const mostTries = 6;

/** Deploys until a kill comes before the way back has ended: it may take some milliseconds only. */
async function killedOnItsWayBack(longestMs: number): Promise<SeenDeployment> {
  for (let tried = 0; tried < mostTries; tried++) {
    const deploying = site.start(["deploy", "staging", "--json"]);
    await deploying.said('"kind":"step-started","step":"take-back"');
    await Promise.race([wait(random.upTo(longestMs)), deploying.ended]);
    deploying.child.kill("SIGKILL");
    const id = /deployment (\S+):/.exec((await deploying.ended).stderr)?.[1] ?? "";
    const deployment = await site.deployment(id);
    if (deployment.state === "running") return deployment;
  }
  throw new Error(`${mostTries} deployments were taken back before they could be killed`);
}

const withoutBackup = (text: string) => text.replace("\n    backup: { before: [postgres] }", "");

test.for([
  {
    step: "migrate",
    code: "migration-failed",
    version: { changes: { "migrations/0002.sql": "alter table nowhere add column stars int;\n", "dojang.yml": withoutBackup } },
    longestMs: 0,
    end: "failed",
  },
  {
    step: "canary",
    code: "canary-aborted",
    version: {
      does: { needsWords: true, failsAfter: 30 },
      changes: { "dojang.yml": (text: string) => text.replace("for: 1s", "for: 60s") },
    },
    longestMs: 500,
    end: "rolled-back",
  },
  {
    step: "watch",
    code: "release-does-badly",
    version: {
      does: { needsWords: true, failsAfter: 400 },
      changes: { "dojang.yml": (text: string) => text.replace("within: 3s", "within: 60s") },
    },
    longestMs: 3000,
    end: "rolled-back",
  },
])(
  "after a failed $step the next one goes the rest of the way back",
  { timeout: 240_000 },
  async ({ step, code, version, longestMs, end }) => {
    await site.version(`bad in ${step}`, version);
    const visitors = site.visit("staging");
    const cut = await killedOnItsWayBack(longestMs);
    expect(cut).toMatchObject({ failure: { step, code } });
    expect(await site.seen("staging")).toMatchObject({ active: cut.id });
    const { ended, deployment } = told(await site.dojang(["deploy", "--resume", cut.id, "--json"]));
    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(deployment).toMatchObject({ id: cut.id, state: end, failure: { step, code } });
    const seen = visitors.failures.length;
    const answered = visitors.seen["200"] ?? 0;
    await expect.poll(() => visitors.seen["200"] ?? 0, { timeout: 60_000 }).toBeGreaterThan(answered + 50);
    await visitors.stop();
    expect(visitors.failures.slice(seen)).toEqual([]);
    // The failed migration was met by nobody at all.
    if (end === "failed") expect(visitors.failures).toEqual([]);
    const attempts = (await site.deployment(cut.id)).steps?.filter(({ name }) => name === "take-back") ?? [];
    expect(attempts.length).toBeGreaterThanOrEqual(2);
    expect(JSON.parse((await site.page("staging")).text)).toMatchObject({ release: "first", notes: 1 });
    expect(await site.seen("staging")).toMatchObject({ release: `${site.project}-r1`, status: 200 });
    expect((await site.seen("staging")).active).toBeUndefined();
    expect(await running()).toEqual(["data", "r1"]);
  },
);
