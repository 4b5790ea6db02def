import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Ended } from "./dojang-command.ts";
import { findProcesses } from "./leftovers.ts";
import { type NotesSite, notesSite, told } from "./notes-site.ts";
import { type Random, seededRandom } from "./seeded-random.ts";
import { type OpenSocket, openSocket, type Visitors } from "./visitors.ts";

/**
 * kill -9 of the process that deploys, in every step: the site serves on, what `dojang` says of it is true, and whoever comes next
 * ends it. One deployment is killed in each of its steps in turn, so that each is both the one that was cut off and the one that
 * goes on after others were. DOJANG_TEST_SEED repeats the moments of a test that failed.
 */
const steps = [
  "preflight",
  "backup",
  "rehearse",
  "data",
  "migrate",
  "start",
  "gate",
  "canary",
  "switch",
  "workers",
  "verify",
  "drain",
  "watch",
  "tidy",
];

const secondMigration = { "migrations/0002-stars.sql": "alter table note add column stars int not null default 0;\n" };

/** There is a window still when four more processes were killed. */
const longWindow = (text: string) => text.replace("within: 3s", "within: 45s");

let site: NotesSite;
let random: Random;
let visitors: Visitors;
beforeAll(async () => {
  random = seededRandom();
  site = await notesSite({ environments: ["staging"] });
  const first = await site.deploy("staging");
  expect(first.ended.exitCode, first.ended.stderr).toBe(0);
  expect(await site.page("staging", "/", "POST")).toMatchObject({ status: "200" });
  visitors = site.visit("staging");
}, 180_000);
afterAll(async () => {
  await visitors.stop();
  await site[Symbol.asyncDispose]();
}, 60_000);
afterEach(() => expect(visitors.failures).toEqual([]));

const release = (number: number) => `${site.project}-r${number}`;

/** Environments that live here besides what the site consists of: throwaways, and releases nobody is to have. */
async function besides(...wanted: readonly string[]): Promise<readonly string[]> {
  const all = await findProcesses(site.stage.home);
  const ids = new Set(all.flatMap(({ command }) => command.match(new RegExp(`${site.project}-staging-[a-z0-9]+`, "g")) ?? []));
  return [...ids].filter((id) => !wanted.map((end) => `${site.project}-staging-${end}`).includes(id)).sort();
}

/** Kills it `afterMs` into a step; where that is over sooner, in the next one. */
async function killIn(args: readonly string[], step: string, afterMs: number): Promise<Ended> {
  const running = site.start([...args, "--json"]);
  await running.said(`"kind":"step-started","step":"${step}"`);
  if (afterMs > 0) await Promise.race([wait(afterMs), running.ended]);
  running.child.kill("SIGKILL");
  return running.ended;
}

/** Those that take long enough for a moment in them; others are killed as soon as they begin. */
const longestMs: Readonly<Record<string, number>> = {
  preflight: 50,
  backup: 800,
  rehearse: 3000,
  migrate: 300,
  start: 300,
  gate: 1500,
  workers: 500,
  drain: 500,
};

describe("a deployment whose process is killed", { timeout: 180_000 }, () => {
  let id: string;
  let socket: OpenSocket;

  test.for(steps)("in step %s: the site serves, the state says so, and the next goes on from there", async (step) => {
    if (step === "preflight") await site.version("second", { changes: { ...secondMigration, "dojang.yml": longWindow } });
    // Somebody who stays gives the former release something to finish.
    if (step === "preflight") socket = await openSocket(site.where("staging"));
    const args = step === "preflight" ? ["deploy", "staging"] : ["deploy", "--resume", id];
    const ended = await killIn(args, step, random.upTo(longestMs[step] ?? 0));
    if (step === "preflight") id = /deployment (\S+):/.exec(ended.stderr)?.[1] ?? "";
    const seen = await site.seen("staging");
    expect(seen.status).toBe(200);
    // The last one may have ended it.
    if (step !== "tidy") expect(seen.active).toBe(id);
    expect([release(1), release(2)]).toContain(seen.release);
    if (steps.indexOf(step) < steps.indexOf("switch")) expect(seen.release).toBe(release(1));
    if (steps.indexOf(step) > steps.indexOf("verify")) expect(seen.release).toBe(release(2));
    if (steps.indexOf(step) < steps.indexOf("drain")) expect(await socket.echo("still here")).toBe("still here");
  });

  test("is ended by the next, everything in it done, nothing left behind", async () => {
    // The last kill may have come when it had ended.
    if ((await site.seen("staging")).active === id) await site.dojang(["deploy", "--resume", id]);
    const shown = await site.deployment(id);
    expect(shown.state).toBe("succeeded");
    // An entry for each attempt; the last one counts.
    const last = new Map(shown.steps?.toSorted((a, b) => a.attempt - b.attempt).map(({ name, state }) => [name, state]));
    expect([...last.keys()].toSorted()).toEqual(steps.toSorted());
    for (const [name, state] of last) expect(["done", "skipped"], name).toContain(state);
    // Each was cut off once, but for those that may be over before a kill arrives.
    const cutOff = shown.steps?.filter(({ attempt }) => attempt > 1).map(({ name }) => name) ?? [];
    expect(cutOff).toEqual(expect.arrayContaining(["backup", "rehearse", "migrate", "gate", "canary", "drain", "watch"]));
    expect(await socket.closed).toBe(true);
    expect(await site.seen("staging")).toMatchObject({ release: release(2), warm: release(1), status: 200 });
    expect(JSON.parse((await site.page("staging")).text)).toMatchObject({ release: "second", notes: 1 });
    expect(await besides("data", "r1", "r2")).toEqual([]);
  });
});

describe("a deployment that is taken back by itself", { timeout: 180_000 }, () => {
  test("and killed on its way back goes back with the next process, and nothing of it is left", async () => {
    // Well by itself, and not when it is asked through nginx: seen when it is live, by nobody who looks at its pages.
    await site.version("third", { does: { needsWords: true, unwellOutside: true }, changes: secondMigration });
    const ended = await killIn(["deploy", "staging"], "take-back", random.upTo(100));
    const id = /deployment (\S+):/.exec(ended.stderr)?.[1] ?? "";
    expect(await site.seen("staging")).toMatchObject({ active: id });
    expect(await site.deployment(id)).toMatchObject({ state: "running", failure: { step: "verify", code: "site-unreachable" } });
    const { ended: next, deployment } = told(await site.dojang(["deploy", "--resume", id, "--json"]));
    expect(next.exitCode, next.stderr).toBe(1);
    expect(deployment).toMatchObject({ state: "rolled-back", failure: { step: "verify" } });
    const seen = await site.seen("staging");
    expect(seen).toMatchObject({ release: release(2), status: 200 });
    expect(seen.active).toBeUndefined();
    expect(await besides("data", "r1", "r2")).toEqual([]);
  });
});
