import { tmpdir } from "node:os";
import { Problem } from "@dojang/model";
import { expect, test } from "vitest";
import { firstFailure, fullDisk } from "./full-disk.ts";

const noSpace = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

test("a write that finds no room is told with the state folder and what is left on its disk, also where it names no file", async () => {
  const problem = await fullDisk(new Error("the log was not kept", { cause: noSpace }), tmpdir());
  expect(problem).toMatchObject({ code: "disk-full", exit: "infrastructure", place: { file: tmpdir() } });
  expect(problem?.message).toMatch(new RegExp(`^a disk is full: \\d+ MiB are left on the disk of ${tmpdir()}; the log was not kept$`));
});

test("what is a Problem already, and what has nothing to do with a disk, is left as it is", async () => {
  const told = new Problem({ code: "disk-short", message: "no room", fix: "make some", exit: "infrastructure", cause: noSpace });
  expect(await fullDisk(told, tmpdir())).toBeUndefined();
  expect(await fullDisk(new Error("a bug"), tmpdir())).toBeUndefined();
});

test("what failed first is told, and not that leaving failed too", () => {
  const first = new Error("the disk is full");
  const twice = new SuppressedError(new Error("leaving"), new SuppressedError(new Error("closing"), first));
  expect(firstFailure(twice)).toBe(first);
  expect(firstFailure(first)).toBe(first);
});
