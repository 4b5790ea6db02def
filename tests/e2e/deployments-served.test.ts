import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Running } from "./dojang-command.ts";
import { findProcesses, killAll } from "./leftovers.ts";
import { nginxWorkers } from "./nginx-workers.ts";
import { type NotesSite, notesSite } from "./notes-site.ts";

/** What keeps a site up when its processes are killed: by themselves, and with `dojang serve`. */
let site: NotesSite;
let serve: Running;
beforeAll(async () => {
  site = await notesSite({ environments: ["staging"] });
  const { ended } = await site.deploy("staging");
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(await site.page("staging", "/", "POST")).toMatchObject({ status: "200" });
}, 180_000);
afterAll(async () => {
  serve?.child.kill("SIGTERM");
  await serve?.ended;
  await site[Symbol.asyncDispose]();
}, 60_000);

const release = (number: number) => `${site.project}-r${number}`;

/** Kills with SIGKILL whatever of the state folder has a command like this, and resolves with how many. */
async function kill(command: RegExp): Promise<number> {
  const victims = (await findProcesses(site.stage.folder)).filter((one) => command.test(one.command));
  killAll(victims.map(({ pid }) => pid));
  return victims.length;
}

async function killNginxWorkers(): Promise<number> {
  const workers = await nginxWorkers(site.stage.home);
  killAll(workers);
  return workers.length;
}

const serves = async () => (await site.page("staging")).status;
const backAgain = () => expect.poll(serves, { timeout: 60_000, interval: 100 }).toBe("200");

describe("without any dojang running", { timeout: 120_000 }, () => {
  test("after kill -9 of nginx's workers the site answers at once: only requests that they had in hand are cut", async () => {
    const visitors = site.visit("staging");
    await expect.poll(() => visitors.seen["200"] ?? 0, { timeout: 20_000 }).toBeGreaterThan(50);
    expect(await killNginxWorkers()).toBeGreaterThan(0);
    await backAgain();
    const failed = visitors.failures.length;
    const answered = visitors.seen["200"] ?? 0;
    await expect.poll(() => visitors.seen["200"] ?? 0, { timeout: 20_000 }).toBeGreaterThan(answered + 50);
    await visitors.stop();
    expect(visitors.failures.slice(failed)).toEqual([]);
    // Cut connections, and not one wrong answer.
    for (const failure of visitors.failures) expect(failure).toMatch(/: (none|cut) /);
  });

  test("after kill -9 of the release's process its supervisor starts it again; meanwhile visitors get nginx's page, and no broken answer", async () => {
    const visitors = site.visit("staging");
    await expect.poll(() => visitors.seen["200"] ?? 0, { timeout: 20_000 }).toBeGreaterThan(50);
    expect(await kill(/^node services\/web\.mjs/)).toBe(1);
    await expect.poll(() => visitors.failures.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    await backAgain();
    const failed = visitors.failures.length;
    const answered = visitors.seen["200"] ?? 0;
    await expect.poll(() => visitors.seen["200"] ?? 0, { timeout: 20_000 }).toBeGreaterThan(answered + 50);
    await visitors.stop();
    expect(visitors.failures.slice(failed)).toEqual([]);
    for (const failure of visitors.failures) expect(failure).toMatch(/: 50[234] /);
  });
});

describe("with dojang serve", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    serve = site.start(["serve"]);
    await serve.said("serving ");
  });

  test("what was never saved is saved at once, and the copy is proven", async () => {
    await serve.said(/postgres is saved as \S+/);
    await serve.said(/backup \S+ of postgres is proven/);
    const { backups } = JSON.parse((await site.dojang(["backup", "list", "staging", "--json"])).stdout);
    // Not once for the schedule, and once for the log that begins anew.
    expect(backups).toEqual([expect.objectContaining({ reason: "scheduled" })]);
    expect(backups).toContainEqual(expect.objectContaining({ proof: expect.objectContaining({ passed: true }) }));
  });

  test("after kill -9 of a release's supervisor it is started again, with its data", async () => {
    expect(await kill(new RegExp(`${site.project}-staging-r1`))).toBeGreaterThan(0);
    await serve.said("what did not run runs again");
    await backAgain();
    expect(JSON.parse((await site.page("staging")).text)).toMatchObject({ release: "first", notes: 1 });
  });

  test("a deployment is live when its command ends, and is watched and ended without it", async () => {
    await site.version("second");
    const { ended, outcome, deployment } = await site.deploy("staging");
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(outcome).toBe("handed-over");
    await serve.said(`deployment ${deployment.id}: succeeded`);
    expect(await site.deployment(deployment.id)).toMatchObject({ state: "succeeded" });
  });

  test("a release that does badly when its command has ended is taken back by itself", async () => {
    await site.version("third", {
      does: { needsWords: true, failsAfter: 300 },
      changes: { "dojang.yml": (text) => text.replace("within: 3s", "within: 120s").replace(/\n {4}canary: .*/, "") },
    });
    const { outcome, deployment } = await site.deploy("staging");
    expect(outcome).toBe("handed-over");
    const visitors = site.visit("staging");
    await serve.said(`deployment ${deployment.id}: rolled-back`);
    await visitors.stop();
    expect(visitors.releases).toEqual(expect.arrayContaining(["third", "second"]));
    expect(await site.seen("staging")).toMatchObject({ release: release(2), status: 200 });
  });

  test("a deployment whose command was killed is ended", async () => {
    await site.version("fourth");
    const running = site.start(["deploy", "staging", "--json"]);
    await running.said('"kind":"step-started","step":"gate"');
    running.child.kill("SIGKILL");
    const id = /deployment (\S+):/.exec((await running.ended).stderr)?.[1] ?? "";
    await serve.said(`deployment ${id}: succeeded`);
    expect(await site.seen("staging")).toMatchObject({ release: release(4), status: 200 });
  });

  test("killed itself it takes nothing along, and the next one goes on", async () => {
    serve.child.kill("SIGKILL");
    await serve.ended;
    expect(await site.seen("staging")).toMatchObject({ release: release(4), status: 200 });
    serve = site.start(["serve"]);
    await serve.said("serving ");
  });

  test("after all processes were killed, as by a reboot, everything is back when it is started, with its data", async () => {
    for (let round = 0; round < 10; round++) await kill(/./);
    await killNginxWorkers();
    await serve.ended;
    expect(await serves()).toBe("none");
    serve = site.start(["serve"]);
    await backAgain();
    expect(JSON.parse((await site.page("staging")).text)).toMatchObject({ release: "fourth", notes: 1 });
    expect(await site.seen("staging")).toMatchObject({ release: release(4), warm: release(2), status: 200 });
  });
});
