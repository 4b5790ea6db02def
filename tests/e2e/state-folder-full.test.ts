import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ended } from "./dojang-command.ts";
import { type NotesSite, notesSite } from "./notes-site.ts";
import { openSmallDisks, type SmallDisks, whyNoSmallDisk } from "./small-disk.ts";

/** All of Dojang on one disk that fills up: its own database, releases, backups and the site. */
const why = whyNoSmallDisk();
let site: NotesSite;
let disks: SmallDisks;
let home: string;

const served = { release: "first", notes: 1, words: 1 };

/** The place, what is left there and what to do; nobody's bug, and no stack. */
function expectTold(ended: Ended): void {
  const { exitCode, stderr } = ended;
  expect(exitCode, stderr).toBe(3);
  expect(stderr).toMatch(
    new RegExp(`the disk of the state folder ${home} is full: \\d+ MiB are left, and the database in it wants 16 MiB`),
  );
  expect(stderr).toContain("[disk-full]");
  expect(stderr).toMatch(/fix: make room on that disk/);
  expect(stderr).not.toMatch(/a bug in Dojang|\n\s+at /);
}

const sql = (text: string) =>
  disks.ask("psql", "--no-psqlrc", "-XAtqd", `host=${home}/postgres/socket user=dojang dbname=postgres`, "-c", text);

/** The log of Dojang's database has to grow, for which there is no room: the server ends. */
async function endDatabase(): Promise<void> {
  const grow = sql("select pg_logical_emit_message(false, 'filler', repeat('x', 1000000)) from generate_series(1, 400)");
  await expect(grow).rejects.toThrow();
}

describe.skipIf(why !== undefined)(`a state folder whose disk is full${why === undefined ? "" : ` (${why})`}`, { timeout: 300_000 }, () => {
  beforeAll(async () => {
    site = await notesSite({
      environments: ["staging"],
      through: async (stage) => {
        home = stage.home;
        disks = await openSmallDisks({ [home]: 1400 });
        return disks.through;
      },
    });
    const { ended } = await site.deploy("staging");
    expect(ended.exitCode, `${ended.stderr}${ended.stdout}`).toBe(0);
    expect(await site.page("staging", "/", "POST")).toMatchObject({ status: "200" });
  }, 300_000);
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    disks?.leave();
  }, 60_000);

  test("no command begins: each tells the disk and what is left, and the site serves", async () => {
    await disks.fill(home, 0);
    for (const args of [["ps"], ["releases"], ["run"], ["deploy", "staging"], ["serve"]]) expectTold(await site.dojang(args));
    expect(JSON.parse((await site.page("staging")).text)).toEqual(served);
    await disks.clear(home);
    expect(await site.seen("staging")).toMatchObject({ release: `${site.project}-r1`, status: 200 });
  });

  test("`dojang serve` outlives the end of its database, tells why once, and goes on by itself", async () => {
    const serving = site.start(["serve"]);
    await serving.said("serving");
    await disks.fill(home, 0);
    await endDatabase();
    await serving.said(`the disk of the state folder ${home} is full`);
    await disks.clear(home);
    // Nobody but it starts the database.
    await expect.poll(() => sql("select 'there'").catch(() => ""), { timeout: 120_000, interval: 500 }).toBe("there\n");
    expect(await site.seen("staging")).toMatchObject({ release: `${site.project}-r1`, status: 200 });
    serving.child.kill("SIGTERM");
    const ended = await serving.ended;
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/\n\s+at /);
    expect(ended.stderr.match(/starting the database/g)?.length).toBeLessThan(4);
  });

  test("a deployment whose database ends in its middle ends soon, is true afterwards, and goes on once there is room", async () => {
    await site.version("second");
    const deploying = site.start(["deploy", "staging", "--json"]);
    await deploying.said('"kind":"step-started","step":"rehearse"');
    await disks.fill(home, 0);
    await endDatabase();
    const ended = await deploying.ended;
    // What it had made to try the backup on is removed: where that is room enough it ends as usual.
    if (ended.exitCode !== 1) expectTold(ended);
    await disks.clear(home);
    const id = /deployment (\S+):/.exec(ended.stderr)?.[1] ?? "";
    const resumed = await site.dojang(["deploy", "--resume", id]);
    expect(resumed.exitCode, resumed.stderr).toBe(ended.exitCode === 1 ? 4 : 1);
    expect(await site.deployment(id)).toMatchObject({ state: "failed", failure: { code: "disk-full" } });
    const seen = await site.seen("staging");
    expect(seen).toMatchObject({ release: `${site.project}-r1` });
    expect(seen.active).toBeUndefined();
    // The site's own database ended too, and comes back by itself.
    await expect.poll(async () => (await site.page("staging")).text, { timeout: 120_000, interval: 500 }).toBe(JSON.stringify(served));
  });

  test("a run whose database ends in its middle tells so, and the next one passes", async () => {
    await site.write({
      "dojang.yml": (text) =>
        text.replace('unit:\n    steps: [{ run: "true" }]', 'unit:\n    steps: [{ run: "echo it goes on; exec sleep 3600" }]'),
    });
    const running = site.start(["run", "--job", "unit", "--verbose"]);
    await running.said("| it goes on");
    await disks.fill(home, 0);
    await endDatabase();
    expectTold(await running.ended);
    await disks.clear(home);
    await site.restore();
    const next = await site.dojang(["run", "--job", "unit"]);
    expect(next.exitCode, next.stderr).toBe(0);
  });
});
