import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openStoreOf } from "./open-store.ts";

const opened = (environment: Readonly<Record<string, string>>) =>
  openStoreOf({ context: { signal: AbortSignal.timeout(60_000), environment }, say: () => undefined }).catch((error: unknown) => error);

test("a state folder that cannot be made is refused with the variable that names another", async () => {
  expect(await opened({ DOJANG_HOME: join(import.meta.filename, "home") })).toMatchObject({
    code: "state-folder-refused",
    exitCode: 3,
    message: expect.stringContaining(`the state folder ${import.meta.filename}/home cannot be used`),
    fix: expect.stringContaining("DOJANG_HOME"),
  });
});

test("a state folder that PostgreSQL cannot be started from is refused before anything is made", async () => {
  expect(await opened({ DOJANG_HOME: join(tmpdir(), 'a "home"') })).toMatchObject({ code: "state-folder-refused", exitCode: 2 });
});
