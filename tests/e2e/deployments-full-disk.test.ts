import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findProcesses } from "./leftovers.ts";
import { type NotesSite, notesSite } from "./notes-site.ts";
import { openSmallDisks, type SmallDisks, whyNoSmallDisk } from "./small-disk.ts";

/** The site's data and backups on a disk of their own, releases on another, both small: full, they end a deployment, and not the site. */
const mib = 1024 * 1024;
const why = whyNoSmallDisk();
let site: NotesSite;
let disks: SmallDisks;
let sitesDisk: string;
let releasesDisk: string;

const release = (number: number) => `${site.project}-r${number}`;

async function running(): Promise<readonly string[]> {
  const all = await findProcesses(site.stage.home);
  const ids = all.flatMap(({ command }) => [...command.matchAll(new RegExp(`${site.project}-staging-([a-z0-9]+)`, "g"))]);
  return [...new Set(ids.map(([, end]) => end ?? ""))].sort();
}

/** It serves, what is said of it is true, and nothing but what belongs to it runs. */
async function expectFirst(): Promise<void> {
  expect(JSON.parse((await site.page("staging")).text)).toEqual({ release: "first", notes: 1, words: 1 });
  const seen = await site.seen("staging");
  expect(seen).toMatchObject({ release: release(1), status: 200 });
  expect(seen.active).toBeUndefined();
  expect(await running()).toEqual(["data", "r1"]);
}

describe.skipIf(why !== undefined)(`on small disks${why === undefined ? "" : ` (${why})`}`, { timeout: 240_000 }, () => {
  beforeAll(async () => {
    site = await notesSite({
      environments: ["staging"],
      through: async ({ home }) => {
        [sitesDisk, releasesDisk] = [join(home, "sites"), join(home, "releases")];
        disks = await openSmallDisks({ [sitesDisk]: 900, [releasesDisk]: 300 });
        return disks.through;
      },
    });
    const { ended } = await site.deploy("staging");
    expect(ended.exitCode, `${ended.stderr}${ended.stdout}`).toBe(0);
    expect(await site.page("staging", "/", "POST")).toMatchObject({ status: "200" });
    // A backup, by which what the next one takes is told.
    expect(await site.dojang(["backup", "staging"])).toMatchObject({ exitCode: 0 });
  }, 300_000);
  // Also after one that failed: the next ones are about something else.
  afterEach(() => Promise.all([disks.clear(sitesDisk), disks.clear(releasesDisk)]));
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    disks?.leave();
  }, 60_000);

  test("a disk without room for the backup, and the copy it is tried on, ends the deployment before anything is touched", async () => {
    await site.version("second");
    // More than free-disk wants, and less than is needed with what is saved.
    await disks.fill(sitesDisk, 110 * mib);
    const visitors = site.visit("staging");
    const { ended, deployment } = await site.deploy("staging");
    await visitors.stop();
    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(deployment).toMatchObject({ state: "failed", failure: { step: "preflight", code: "disk-short" } });
    expect(deployment.failure?.message).toMatch(
      new RegExp(
        `^1\\d\\d MiB are left on the disk of ${sitesDisk}/\\S+, and \\d+ MiB must be: 100 MiB by free-disk, \\d+ MiB for the backup`,
      ),
    );
    expect(deployment.failure?.fix).toContain("dojang releases prune");
    expect(visitors.failures).toEqual([]);
    await expectFirst();
  });

  test("a disk that fills up while the copy is restored ends it, and the site serves on", async () => {
    const visitors = site.visit("staging");
    const deploying = site.start(["deploy", "staging", "--json"]);
    await deploying.said('"kind":"step-started","step":"rehearse"');
    await disks.fill(sitesDisk, 0);
    const ended = await deploying.ended;
    const id = /deployment (\S+):/.exec(ended.stderr)?.[1] ?? "";
    const deployment = await site.deployment(id);
    await visitors.stop();
    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(deployment).toMatchObject({ state: "failed", failure: { step: "rehearse", code: "disk-full" } });
    expect(deployment.failure?.message).toContain(`MiB are left on the disk of ${sitesDisk}/`);
    expect(deployment.failure?.message).toContain("free-disk wants 100 MiB");
    expect(deployment.failure?.fix).toMatch(/free some.*deploy again/);
    expect(visitors.failures).toEqual([]);
    await expectFirst();
  });

  test("a disk without room for a release: none is made, and the site serves on", async () => {
    await site.version("third");
    await disks.fill(releasesDisk, 0);
    const ended = await site.dojang(["deploy", "staging"]);
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toContain("disk-full");
    expect(ended.stderr).toMatch(new RegExp(`\\b0 MiB are left on the disk of ${releasesDisk}; ${release(2)} has [\\d.]+ MiB there`));
    expect(ended.stderr).toContain("dojang releases prune");
    await expectFirst();
  });

  test("once there is room again a deployment goes through", async () => {
    const { ended, deployment } = await site.deploy("staging");
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(deployment).toMatchObject({ state: "succeeded", release: release(3) });
    expect(JSON.parse((await site.page("staging")).text)).toEqual({ release: "third", notes: 1, words: 1 });
    expect(await site.seen("staging")).toMatchObject({ release: release(3), warm: release(1), status: 200 });
  });

  test("the way back is not held up by a disk that is nearly full", async () => {
    await disks.fill(sitesDisk, 40 * mib);
    const back = await site.dojang(["rollback", "staging", "--reason", "the disk is not the reason"]);
    expect(back.exitCode, back.stderr).toBe(0);
    expect(await site.seen("staging")).toMatchObject({ release: release(1), warm: release(3), status: 200 });
  });
});
