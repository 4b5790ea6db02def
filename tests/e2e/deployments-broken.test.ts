import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProcesses } from "./leftovers.ts";
import { type NotesSite, notesSite, told } from "./notes-site.ts";

/** Releases, and surroundings, that are not as they should be: the former release serves on, and what is wrong is said. */
let site: NotesSite;
beforeAll(async () => {
  site = await notesSite({ environments: ["staging"] });
  const { ended } = await site.deploy("staging");
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(await site.page("staging", "/", "POST")).toMatchObject({ status: "200" });
}, 180_000);
afterAll(() => site[Symbol.asyncDispose](), 60_000);

const release = (number: number) => `${site.project}-r${number}`;

/** Environments of the site that have processes: `data`, `r1`, and throwaways by other names. */
async function running(): Promise<readonly string[]> {
  const all = await findProcesses(site.stage.home);
  const ids = all.flatMap(({ command }) => [...command.matchAll(new RegExp(`${site.project}-staging-([a-z0-9]+)`, "g"))]);
  return [...new Set(ids.map(([, end]) => end ?? ""))].sort();
}

const withoutBackup = (text: string) => text.replace("\n    backup: { before: [postgres] }", "");
const lock = "alter table note add column stars int; select pg_sleep(600);\n";

describe("a release that nobody may meet", { timeout: 120_000 }, () => {
  test.for([
    {
      name: "whose migration fails, seen on the restored copy",
      version: { changes: { "migrations/0002.sql": "alter table nowhere add column stars int;\n" } },
      failure: { step: "rehearse", code: "migration-fails", message: expect.stringContaining('relation "nowhere" does not exist') },
    },
    {
      name: "whose migration fails, where no copy was asked for",
      version: { changes: { "migrations/0002.sql": "alter table nowhere add column stars int;\n", "dojang.yml": withoutBackup } },
      failure: { step: "migrate", code: "migration-failed", message: expect.stringContaining('relation "nowhere" does not exist') },
    },
    {
      name: "whose migration hangs and holds what visitors need, where no copy was asked for",
      version: {
        changes: {
          "migrations/0002.sql": lock,
          "dojang.yml": (text: string) => withoutBackup(text).replace("timeout: 60s", "timeout: 3s"),
        },
      },
      failure: { step: "migrate", code: "migration-failed", message: expect.stringContaining("took longer than it may (3 s)") },
    },
    {
      name: "whose health check lies",
      version: { does: { needsWords: true, pagesFail: true } },
      failure: { step: "gate", code: "smoke-failed", message: expect.stringContaining("500") },
    },
    {
      name: "that ends as soon as it starts",
      // Long before the two minutes are over that a start may take.
      version: { does: { exits: true } },
      failure: { step: "start", code: "service-exited", message: expect.stringContaining("web | nobody is let in") },
    },
    {
      name: "with less disk than it needs",
      version: { changes: { "dojang.yml": (text: string) => text.replaceAll("free-disk: 100m", "free-disk: 900t") } },
      failure: { step: "preflight", code: "disk-short", fix: expect.stringContaining("free some") },
    },
  ])("$name is ended, and visitors saw nothing of it", async ({ name, version, failure }) => {
    await site.version(name, version);
    const visitors = site.visit("staging");
    const { ended, deployment } = await site.deploy("staging");
    const after = await site.page("staging");
    await visitors.stop();
    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(deployment).toMatchObject({ state: "failed", failure });
    expect(deployment.failure?.fix).not.toBe("");
    expect(JSON.parse(after.text)).toEqual({ release: "first", notes: 1, words: 1 });
    expect(visitors.failures).toEqual([]);
    expect(visitors.releases).toEqual(["first"]);
    expect(await site.seen("staging")).toMatchObject({ release: release(1), status: 200 });
    expect(await running()).toEqual(["data", "r1"]);
  });
});

describe("a deployment that has ended", { timeout: 120_000 }, () => {
  test("is not gone on with: what came of it is said, and how to ask for another", async () => {
    await site.version("no migration", { changes: { "migrations/0002.sql": "alter table nowhere add column stars int;\n" } });
    const { deployment } = await site.deploy("staging");
    const again = await site.dojang(["deploy", "--resume", deployment.id]);
    expect(again.exitCode).toBe(4);
    expect(again.stdout).toBe("");
    expect(again.stderr).toContain("deployment-ended");
    expect(again.stderr).toMatch(/has ended at .*: it failed \(rehearse: /);
    expect(again.stderr).toContain(`dojang deploy staging --release ${deployment.release}`);
    expect((await site.deployment(deployment.id)).steps?.filter(({ attempt }) => attempt > 1)).toEqual([]);
  });
});

describe("a release that does badly when people come", { timeout: 120_000 }, () => {
  test.for([
    { during: "canary", within: 30, says: "canary-aborted" },
    { during: "watch", within: 400, says: "release-does-badly" },
  ])("in step $during is taken back by itself; those who met it saw it, nobody after", async ({ during, within, says }) => {
    await site.version(`bad in ${during}`, {
      does: { needsWords: true, failsAfter: within },
      changes: {
        "dojang.yml": (text) => text.replace("within: 3s", "within: 60s").replace("for: 1s", during === "canary" ? "for: 60s" : "for: 1s"),
      },
    });
    const visitors = site.visit("staging");
    const { ended, deployment } = await site.deploy("staging");
    const seen = visitors.failures.length;
    const answered = visitors.seen["200"] ?? 0;
    await expect.poll(() => visitors.seen["200"] ?? 0, { timeout: 20_000 }).toBeGreaterThan(answered + 50);
    await visitors.stop();
    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(deployment).toMatchObject({ state: "rolled-back", failure: { step: during, code: says } });
    expect(seen).toBeGreaterThan(0);
    expect(visitors.failures.slice(seen)).toEqual([]);
    expect(await site.seen("staging")).toMatchObject({ release: release(1), status: 200 });
    expect(await running()).toEqual(["data", "r1"]);
  });
});

describe("a place for backups that is gone", { timeout: 120_000 }, () => {
  test("is told with the place, and the deployment goes on with the copy that is here", async () => {
    const file = join(site.stage.folder, "no-folder");
    await writeFile(file, "");
    const to = `to: [{ folder: ${join(file, "backups")} }]`;
    await site.version("second", {
      changes: { "dojang.yml": (text) => text.replace("backups: { services: [postgres]", `backups: { services: [postgres], ${to}`) },
    });
    const { ended, steps } = await site.deploy("staging");
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(steps.backup?.summary).toContain("1 copies missing");
    const listed = await site.dojang(["backup", "list", "staging"]);
    expect(listed.stdout).toMatch(new RegExp(`^(warning|error): .*${file}`, "m"));
  });
});

describe("a migration that the former release cannot live with", { timeout: 120_000 }, () => {
  const approved = (text: string) =>
    text.replace(
      "kind: deploy\n    environment: staging",
      "kind: deploy\n    environment: staging\n    approval: { by: [maintainers], count: 1 }",
    );
  const dropped = { "migrations/0002.sql": "alter table note drop column words;\n" };
  let waiting: string;

  test("waits for somebody to take on that there is no way back, where a deployment is approved at all", async () => {
    expect(await site.dojang(["people", "add", "maintainers", "mina"])).toMatchObject({ exitCode: 0 });
    await site.version("third", { does: { needsWords: false }, changes: { ...dropped, "dojang.yml": approved } });
    const { ended, deployment } = told(await site.dojang(["deploy", "staging", "--approve", "--json"], { person: "mina" }));
    expect(ended.exitCode, ended.stderr).toBe(4);
    expect(deployment).toMatchObject({ state: "awaiting-approval", facts: { codeRollback: false } });
    waiting = deployment.id;
    const shown = await site.dojang(["deployments", "show", waiting]);
    expect(shown.stdout).toContain("does not work on the migrated copy");
    expect(shown.stdout).toContain("a restore loses what is written after");
    const resumed = await site.dojang(["deploy", "--resume", waiting]);
    expect(resumed).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("deployment-waits") });
    expect(resumed.stderr).toContain(`dojang approve ${waiting}`);
  });

  test("is rejected: nothing was migrated", async () => {
    await site.dojang(["reject", waiting, "--reason", "not yet"], { person: "mina" });
    expect((await site.deployment(waiting)).state).toMatch(/^(rejected|cancelled)$/);
    expect(JSON.parse((await site.page("staging")).text)).toMatchObject({ release: "second", words: 1 });
  });

  test("goes on when that is taken on, and a rollback is refused then, with the ways that are left", async () => {
    const asked = told(await site.dojang(["deploy", "staging", "--approve", "--json"], { person: "mina" }));
    const { ended } = told(await site.dojang(["approve", asked.deployment.id, "--json"], { person: "mina" }));
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(JSON.parse((await site.page("staging")).text)).toEqual({ release: "third", notes: 1 });
    const back = await site.dojang(["rollback", "staging"]);
    expect(back.exitCode).toBe(4);
    expect(back.stderr).toContain("rollback-schema");
    expect(back.stderr).toContain("dojang restore staging");
    expect(back.stderr).toContain("--despite-schema");
  });

  test("that fails when it is live stays where nobody is asked, for the former one would serve nobody; and says the ways on", async () => {
    await site.version("fourth", {
      does: { needsWords: false, unwellOutside: true },
      changes: { ...dropped, "migrations/0003.sql": "alter table note rename to paper;\n", "services/web.mjs": fourth },
    });
    const { ended, steps, deployment } = await site.deploy("staging");
    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(deployment).toMatchObject({ state: "failed", failure: { step: "verify" }, facts: { stays: true, codeRollback: false } });
    expect(steps["take-back"]?.summary).toMatch(/stays, for the former release does not work.*dojang restore staging --backup/);
    expect(JSON.parse((await site.page("staging")).text)).toEqual({ release: "fourth", notes: 1 });
  });
});

const fourth = (text: string) =>
  text.replace(/const release = .*;/, 'const release = { name: "fourth", unwellOutside: true };').replace("from note`", "from paper`");
