import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nginxWorkers } from "./nginx-workers.ts";
import { type NotesSite, notesSite } from "./notes-site.ts";

/** How releases come to live sites when all goes well, and who may not, by the real command behind a real nginx. */
let site: NotesSite;
beforeAll(async () => {
  site = await notesSite();
}, 120_000);
afterAll(() => site[Symbol.asyncDispose](), 60_000);

const release = (number: number) => `${site.project}-r${number}`;

describe("a site", { timeout: 120_000 }, () => {
  test("nobody deployed to cannot be rolled back, and a secret without a value is named before anything is touched", async () => {
    const back = await site.dojang(["rollback", "staging"]);
    expect(back.exitCode).not.toBe(0);
    expect(back.stderr).toContain(`nothing was ever deployed to ${site.project}-staging`);
    expect(await site.dojang(["secrets", "remove", "staging", "TOKEN"])).toMatchObject({ exitCode: 0 });
    const { ended, deployment } = await site.deploy("staging");
    expect(ended.exitCode).toBe(1);
    expect(deployment).toMatchObject({ state: "failed", failure: { step: "preflight", message: expect.stringContaining("TOKEN") } });
    expect(await site.page("staging")).toMatchObject({ status: "none" });
    expect(await site.dojang(["secrets", "set", "staging", "TOKEN", "--generate"])).toMatchObject({ exitCode: 0 });
  });

  test("gets its first release: migrated, tried, live, with its own variables and secrets", async () => {
    const { ended, steps, deployment } = await site.deploy("staging");
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(deployment).toMatchObject({ state: "succeeded", release: release(1) });
    expect(steps).toMatchObject({ backup: { state: "skipped" }, migrate: { state: "done" }, verify: { state: "done" } });
    expect(JSON.parse((await site.page("staging")).text)).toEqual({ release: "first", notes: 0, words: 0 });
    expect(JSON.parse((await site.page("staging", "/secret")).text)).toEqual({ length: 64, where: "staging" });
    expect(await site.seen("staging")).toMatchObject({ release: release(1), status: 200 });
  });

  test("gets its second beside the first, saved and rehearsed, and visitors see no failure", async () => {
    expect(await site.page("staging", "/", "POST")).toMatchObject({ status: "200" });
    await site.version("second", {
      changes: { "migrations/0002-stars.sql": "alter table note add column stars int not null default 0;\n" },
    });
    const visitors = site.visit("staging");
    const workers = await nginxWorkers(site.stage.home);
    const { ended, steps, deployment } = await site.deploy("staging");
    await visitors.stop();
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(visitors.failures).toEqual([]);
    expect(visitors.releases).toEqual(["first", "second"]);
    // A reload would have closed the connections that visitors keep.
    expect(workers).not.toEqual([]);
    expect(await nginxWorkers(site.stage.home)).toEqual(workers);
    expect(deployment.facts).toMatchObject({ codeRollback: true, migrated: true, live: true });
    for (const name of ["backup", "rehearse", "migrate", "gate", "canary", "switch", "workers", "verify", "drain", "watch"])
      expect(steps[name], name).toMatchObject({ state: "done" });
    expect(steps.canary?.summary).toMatch(/^20 % of the visitors for 1 s: \d+ requests, 0 failed/);
    expect(await site.seen("staging")).toMatchObject({ release: release(2), warm: release(1), status: 200 });
  });

  test("goes back to the release before it, whose code was seen to work on the migrated database, without a failure", async () => {
    const visitors = site.visit("staging");
    const back = await site.dojang(["rollback", "staging", "--reason", "stars are doubled"]);
    await visitors.stop();
    expect(back.exitCode, back.stderr).toBe(0);
    expect(visitors.failures).toEqual([]);
    expect(visitors.releases).toEqual(["second", "first"]);
    expect(await site.seen("staging")).toMatchObject({ release: release(1), warm: release(2) });
  });

  test("goes forth to a release that is named, and refuses the one it has", async () => {
    const forth = await site.dojang(["rollback", "staging", "--to", release(2)]);
    expect(forth.exitCode, forth.stderr).toBe(0);
    expect(await site.seen("staging")).toMatchObject({ release: release(2), warm: release(1) });
    const again = await site.dojang(["rollback", "staging", "--to", release(2)]);
    expect(again.exitCode).toBe(4);
    expect(again.stderr).toContain(`${release(2)} is what is live`);
  });

  test("never has two workers at once: one's last word is before the other's first", async () => {
    const { text } = await site.page("staging", "/beats");
    const beats: readonly { readonly release: string }[] = JSON.parse(text);
    const turns = beats.map((beat) => beat.release).filter((name, index, all) => name !== all[index - 1]);
    expect(turns).toEqual(["first", "second", "first", "second"]);
  });
});

describe("production", { timeout: 120_000 }, () => {
  let waiting: string;

  test("is refused what was not shown, and says what to do", async () => {
    const refused = await site.dojang(["deploy", "production"]);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain("job unit did not pass for this commit");
    expect(refused.stderr).toContain("dojang run --job unit");
    expect(refused.stderr).toContain("--without-evidence");
  });

  test("takes the id that staging has, and waits for approval", async () => {
    expect(await site.dojang(["run", "--job", "unit"])).toMatchObject({ exitCode: 0 });
    const { ended, deployment } = await site.deploy("production");
    expect(ended.exitCode, ended.stderr).toBe(4);
    expect(deployment).toMatchObject({ state: "awaiting-approval", release: release(2) });
    expect(ended.stderr).toContain(`dojang approve ${deployment.id}`);
    waiting = deployment.id;
  });

  test.for([
    { who: "the author", person: "kim", says: "kim is the author of the change" },
    { who: "somebody else", person: "stranger", says: "stranger is neither named under `by` nor in a group of it" },
  ])("is not approved by $who", async ({ person, says }) => {
    for (const one of ["kim", "mina"]) expect(await site.dojang(["people", "add", "maintainers", one])).toMatchObject({ exitCode: 0 });
    const refused = await site.dojang(["approve", waiting], { person });
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain(says);
    expect(await site.deployment(waiting)).toMatchObject({ state: "awaiting-approval" });
  });

  test("is rejected with a reason, and nothing was touched", async () => {
    const rejected = await site.dojang(["reject", waiting, "--reason", "not on a Friday"], { person: "mina" });
    expect(rejected.exitCode, rejected.stderr).toBeLessThanOrEqual(4);
    const shown = await site.dojang(["deployments", "show", waiting]);
    expect(shown.stdout).toContain("rejected it: not on a Friday");
    expect(await site.deployment(waiting)).toMatchObject({ state: "rejected", steps: [] });
    expect(await site.dojang(["approve", waiting], { person: "mina" })).toMatchObject({ exitCode: 4 });
  });

  test("is not approved when it waited for too long", async () => {
    await site.write({ "dojang.yml": (text) => text.replace("expires: 24h", "expires: 1s") });
    const { deployment } = await site.deploy("production", ["--release", release(2)]);
    await site.restore();
    const late = await site.dojang(["approve", deployment.id], { person: "mina" });
    expect(late.exitCode).toBe(4);
    expect(late.stderr).toMatch(/nobody decided.*approval-expired/s);
    expect(late.stderr).toContain(`dojang deploy production --release ${release(2)}`);
    expect(await site.deployment(deployment.id)).not.toMatchObject({ state: "succeeded" });
  });

  test("goes on when it is approved, and a second deployment meanwhile is refused, naming the first", async () => {
    const { deployment } = await site.deploy("production", ["--release", release(2)]);
    const approving = site.start(["approve", deployment.id, "--reason", "seen on staging", "--json"], { person: "mina" });
    await approving.said('"step":"preflight"');
    const second = site.dojang(["deploy", "production", "--release", release(1), "--without-evidence", "a test", "--approve"], {
      person: "mina",
    });
    const [first, refused] = await Promise.all([approving.ended, second]);
    expect(first.exitCode, first.stdout).toBe(0);
    expect(refused.exitCode, refused.stdout).toBe(4);
    expect(refused.stderr).toContain(deployment.id);
    expect(await site.seen("production")).toMatchObject({ release: release(2), status: 200 });
    expect(JSON.parse((await site.page("production", "/secret")).text)).toEqual({ length: 64, where: "production" });
  });

  test("has its data to itself: what was written in staging is not there", async () => {
    expect(JSON.parse((await site.page("production")).text)).toMatchObject({ release: "second", notes: 0 });
    expect(JSON.parse((await site.page("staging")).text)).toMatchObject({ release: "second", notes: 1 });
  });
});
