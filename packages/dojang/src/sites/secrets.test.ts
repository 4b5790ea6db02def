import { chmod, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStore } from "../store/test-store.ts";
import { listSecrets, readSecrets, removeSecret, setSecret } from "./secrets.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  opened = await openTestStore();
});
afterAll(() => opened.close());

const set = (site: string, name: string, value: string) => setSecret(opened.store, { site, name, value });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );

test("a secret is read as it was set, and what is stored does not show it", async () => {
  const value = 'a "long" value\nwith two lines, 한국어 and $dollars';
  await set("shop-staging", "TOKEN", value);
  expect(await readSecrets(opened.store, "shop-staging")).toEqual({ TOKEN: value });
  const row = await opened.store.db.selectFrom("secret").selectAll().executeTakeFirstOrThrow();
  expect(Buffer.from(row.sealed.slice(2), "base64").toString("latin1")).not.toContain("long");
  expect(row.sealed).not.toContain("long");
});

test("a secret is listed by name and age, changed, and removed", async () => {
  await set("shop-listed", "B", "1");
  await set("shop-listed", "A", "1");
  const before = await listSecrets(opened.store, "shop-listed");
  expect(before.map(({ name }) => name)).toEqual(["A", "B"]);
  expect(JSON.stringify(before)).not.toContain("sealed");
  await set("shop-listed", "A", "2");
  expect(await readSecrets(opened.store, "shop-listed", ["A"])).toEqual({ A: "2" });
  expect((await listSecrets(opened.store, "shop-listed"))[0]?.updatedAt).toBeGreaterThanOrEqual(before[0]?.updatedAt ?? Number.NaN);
  expect(await removeSecret(opened.store, { site: "shop-listed", name: "A" })).toBe(true);
  expect(await removeSecret(opened.store, { site: "shop-listed", name: "A" })).toBe(false);
  expect(await readSecrets(opened.store, "shop-listed")).toEqual({ B: "1" });
});

test("a sealed value that was copied to another site or another name cannot be read there", async () => {
  await set("shop-one", "TOKEN", "sesame");
  const { sealed } = await opened.store.db.selectFrom("secret").select("sealed").where("site", "=", "shop-one").executeTakeFirstOrThrow();
  for (const [site, name] of [
    ["shop-two", "TOKEN"],
    ["shop-three", "OTHER"],
  ] as const) {
    await opened.store.db.insertInto("secret").values({ site, name, sealed }).execute();
    expect(await codeOf(readSecrets(opened.store, site))).toBe("secret-unreadable");
  }
});

test("a sealed value of which one bit changed is refused", async () => {
  await set("shop-bent", "TOKEN", "sesame");
  const row = await opened.store.db.selectFrom("secret").select("sealed").where("site", "=", "shop-bent").executeTakeFirstOrThrow();
  const bytes = Buffer.from(row.sealed.slice(2), "base64");
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await opened.store.db
    .updateTable("secret")
    .set({ sealed: `1.${bytes.toString("base64")}` })
    .where("site", "=", "shop-bent")
    .execute();
  expect(await codeOf(readSecrets(opened.store, "shop-bent"))).toBe("secret-unreadable");
});

test("the key is a file of its own that nobody else may read; without it secrets are lost and said to be", async () => {
  await set("shop-keyed", "TOKEN", "sesame");
  const path = join(opened.store.home, "keys", "secrets.key");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
  const key = await readFile(path, "utf8");
  await rm(path);
  expect(await codeOf(readSecrets(opened.store, "shop-keyed"))).toBe("secret-unreadable");
  await writeFile(path, "short");
  expect(await codeOf(readSecrets(opened.store, "shop-keyed"))).toBe("secrets-key-damaged");
  await writeFile(path, key);
  await chmod(path, 0o600);
  expect(await readSecrets(opened.store, "shop-keyed")).toEqual({ TOKEN: "sesame" });
});

test("what no variable can hold is refused", async () => {
  expect(await codeOf(set("shop-odd", "TO KEN", "x"))).toBe("secret-invalid");
  expect(await codeOf(set("shop-odd", "TOKEN", ""))).toBe("secret-invalid");
  expect(await codeOf(set("shop-odd", "TOKEN", "a\0b"))).toBe("secret-invalid");
  expect(await codeOf(set("shop-odd", "TOKEN", "x".repeat(64 * 1024 + 1)))).toBe("secret-invalid");
  expect(await listSecrets(opened.store, "shop-odd")).toEqual([]);
});
