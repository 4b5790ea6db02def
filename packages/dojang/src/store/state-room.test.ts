import { tmpdir } from "node:os";
import { Problem } from "@dojang/model";
import { expect, test } from "vitest";
import { isStoreUnavailable } from "./lost-connection.ts";
import { storeFailure } from "./state-room.ts";

/** A folder whose file system says that nothing is left, as a full disk does. */
const full = "/proc";
const roomy = tmpdir();

const lost = Object.assign(new Error("Connection terminated unexpectedly"), { code: "57P02" });
const noRoom = Object.assign(new Error('could not extend file "base/5/16889": No space left on device'), { code: "53100" });

test.runIf(process.platform === "linux")(
  "a connection that is lost while the disk is full is told by the disk, and what is left",
  async () => {
    const told = await storeFailure(lost, full);
    expect(told).toMatchObject({ code: "disk-full", exit: "infrastructure", place: { file: full }, cause: lost });
    expect(told).toHaveProperty(
      "message",
      "the disk of the state folder /proc is full: 0 MiB are left, and the database in it wants 16 MiB",
    );
    // What may be done twice is asked again: the server comes back as soon as there is room.
    expect(isStoreUnavailable(told)).toBe(true);
  },
);

test("a connection that is lost for another reason stays one", async () => {
  const told = await storeFailure(lost, roomy);
  expect(told).toMatchObject({ code: "store-unavailable", cause: lost });
  expect(isStoreUnavailable(told)).toBe(true);
});

test("a statement that finds no room is told so, and is not asked again", async () => {
  const told = await storeFailure(noRoom, roomy);
  expect(told).toMatchObject({ code: "disk-full", cause: noRoom });
  expect(isStoreUnavailable(told)).toBe(false);
});

test("the disk of a database elsewhere is not taken for the state folder's", async () => {
  const told = await storeFailure(noRoom, undefined);
  expect(told).toBeInstanceOf(Problem);
  expect(told).toMatchObject({ code: "disk-full", message: expect.stringContaining("DATABASE_URL") });
});

test("everything else is left as it is", async () => {
  const bug = new Error("syntax error");
  expect(await storeFailure(bug, full)).toBe(bug);
});
