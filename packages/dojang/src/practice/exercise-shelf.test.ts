import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readShelf, shelfFolder, takeExercise } from "./exercise-shelf.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-shelf-"));
  for (const id of ["ticket-price", "page-of-list"]) cpSync(join(shelfFolder(undefined, {}), id), join(folder, id), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const made = (state: string) => `state: ${state}
order: "1"
by: { provider: anthropic, model: m, topic: t, prompts: [] }
spent: { calls: 1, input: 1, output: 1, uncertainCalls: 0 }
repairs: []
`;

test("what a model wrote is offered once a person has approved it, and not before", async () => {
  const ids = async () => (await readShelf(folder)).exercises.map((one) => one.id).sort();
  expect(await ids()).toEqual(["page-of-list", "ticket-price"]);
  for (const state of ["proven", "dropped"]) {
    writeFileSync(join(folder, "ticket-price/made.yml"), made(state));
    expect(await ids()).toEqual(["page-of-list"]);
    await expect(takeExercise(folder, "ticket-price")).rejects.toMatchObject({ code: "practice-unapproved", exit: "refused" });
  }
  writeFileSync(join(folder, "ticket-price/made.yml"), made("approved"));
  expect(await ids()).toEqual(["page-of-list", "ticket-price"]);
  expect(await takeExercise(folder, "ticket-price")).toMatchObject({ id: "ticket-price" });
});

test("how an exercise was made has to be readable: nothing else says whether it was approved", async () => {
  writeFileSync(join(folder, "ticket-price/made.yml"), "state: aproved\n");
  const { exercises, broken } = await readShelf(folder);
  expect(exercises.map((one) => one.id)).toEqual(["page-of-list"]);
  expect(broken).toMatchObject([{ findings: [{ code: "exercise-made" }] }]);
});
