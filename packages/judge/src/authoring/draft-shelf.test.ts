import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MadeFile } from "../exercise/made-file.ts";
import { type DraftShelf, keepDropped, liftDropped, listDrafts, openWork } from "./draft-shelf.ts";

let shelf: DraftShelf;
beforeEach(() => {
  shelf = { folder: mkdtempSync(join(tmpdir(), "dojang-judge-shelf-")) };
});
afterEach(() => rmSync(shelf.folder, { recursive: true }));

const made = (order: string): MadeFile => ({
  state: "dropped",
  order,
  by: { provider: "anthropic", model: "m", topic: "t", prompts: [] },
  spent: { calls: 1, input: 1, output: 1, uncertainCalls: 0 },
  repairs: [],
  dropped: { reason: "its proof fails", findings: [] },
});

async function drop(order: string): Promise<string> {
  const work = await openWork(shelf, { id: "refund", order, files: (id) => ({ "exercise.yml": `id: ${id}\n` }) });
  return await keepDropped(shelf, { ...work, made: made(order) });
}

const dropped = () => readdirSync(join(shelf.folder, "dropped")).sort();

test("an order that is dropped again takes the place of the former one, and two orders have their own", async () => {
  expect(await drop("order-1")).toBe(join(shelf.folder, "dropped/refund"));
  await drop("order-1");
  expect(dropped()).toEqual(["refund"]);
  await drop("order-2");
  expect(dropped()).toEqual(["refund", "refund-2"]);
  expect((await listDrafts(shelf)).map((one) => one.made.order)).toEqual(["order-1", "order-2"]);
  expect(existsSync(join(shelf.folder, ".work"))).toBe(true);
  expect(readdirSync(join(shelf.folder, ".work"))).toEqual([]);
});

test("a dropped one that a person has changed is not thrown away, and leaves the dropped ones when it holds", async () => {
  const folder = await drop("order-1");
  writeFileSync(join(folder, "exercise.yml"), "id: refund\nlevel: easy\n");
  await drop("order-1");
  expect(dropped()).toEqual(["refund", "refund-2"]);
  expect(await liftDropped(folder)).toBe(join(shelf.folder, "refund"));
  expect(dropped()).toEqual(["refund-2"]);
  const other = await drop("order-3");
  expect(other).toBe(join(shelf.folder, "dropped/refund-2-2"));
});
