import { realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NotesSite, notesSite } from "./notes-site.ts";

/** The folder of a live database is removed while it runs, and what was there comes back: as a backup has it, and as it was at a second. */
let site: NotesSite;
let backup: string;
let between: string;
beforeAll(async () => {
  site = await notesSite({ environments: ["staging"] });
  const { ended } = await site.deploy("staging");
  expect(ended.exitCode, ended.stderr).toBe(0);
  await note(3);
  backup = await save();
  await note(2);
  // To the second, with nothing written in it.
  await wait(2_000);
  between = new Date(Date.now() - 1_000).toISOString();
  await note(4);
  await archived();
}, 240_000);
afterAll(() => site[Symbol.asyncDispose](), 60_000);

async function note(count: number): Promise<void> {
  for (let done = 0; done < count; done++) expect(await site.page("staging", "/", "POST")).toMatchObject({ status: "200" });
}

async function save(): Promise<string> {
  const taken = await site.dojang(["backup", "take", "staging", "postgres", "--json"]);
  expect(taken.exitCode, taken.stderr).toBe(0);
  const made: { readonly id: string; readonly proof: { readonly passed: boolean } } = JSON.parse(taken.stdout.trim());
  expect(made.proof.passed).toBe(true);
  return made.id;
}

/**
 * `dojang serve` takes the log in when it starts and each minute after; what it asks PostgreSQL for the first time is there the next.
 * So it is started until the second is covered, which is sooner than waiting for that minute.
 */
async function archived(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const serve = site.start(["serve"]);
    await serve.said("serving ");
    for (let look = 0; look < 3; look++) if (await isCovered()) round = 10;
    serve.child.kill("SIGTERM");
    await serve.ended;
  }
  expect(await isCovered(), "the second can be restored").toBe(true);
}

async function isCovered(): Promise<boolean> {
  const listed = await site.dojang(["backup", "list", "staging"]);
  const windows = [...listed.stdout.matchAll(/any second from (\S+ \S+) UTC to (\S+ \S+) UTC/g)];
  const utc = (text: string | undefined) => Date.parse(`${text?.replace(" ", "T")}Z`);
  return windows.some(([, from, to]) => utc(from) < Date.parse(between) && Date.parse(between) < utc(to));
}

const live = () => realpath(join(site.stage.home, "sites", `${site.project}-staging`, "volumes", "data", "current"));

describe("a live database whose folder was removed", { timeout: 180_000 }, () => {
  test.for([
    { to: "a second", which: () => ["--at", between], notes: 5 },
    { to: "a backup", which: () => ["--backup", backup], notes: 3 },
  ])("is brought back to $to, with every row of it and none more", async ({ which, notes }) => {
    const before = await live();
    await rm(before, { recursive: true });
    const restored = await site.dojang(["restore", "staging", ...which()]);
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(restored.stdout).toContain("visitors waited");
    await expect.poll(async () => (await site.page("staging")).text, { timeout: 20_000 }).toContain(`"notes":${notes},"words":${notes}`);
    expect(await live()).not.toBe(before);
    // It is no mere picture: more can be written.
    await note(1);
    expect(JSON.parse((await site.page("staging")).text)).toMatchObject({ notes: notes + 1 });
    expect(await site.seen("staging")).toMatchObject({ status: 200 });
  });

  test("is not restored to a time nobody has kept, and stays as it is", async () => {
    const refused = await site.dojang(["restore", "staging", "--at", "2020-01-01 00:00:00Z"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toMatch(/fix: .*/);
    expect(JSON.parse((await site.page("staging")).text)).toMatchObject({ notes: 4 });
  });
});
