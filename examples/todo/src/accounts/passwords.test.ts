import { expect, test } from "vitest";
import { createPasswords } from "./passwords.ts";

const passwords = createPasswords();

test("a password matches its hash, which is argon2id and never the same twice", async () => {
  const [first, second] = await Promise.all([passwords.hash("correct horse"), passwords.hash("correct horse")]);

  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(first).not.toBe(second);
  expect(await passwords.matches("correct horse", first)).toBe(true);
  expect(await passwords.matches("wrong horse", first)).toBe(false);
});

test("where there is no account nothing matches, and a hash is computed all the same", async () => {
  expect(await passwords.matches("anything", undefined)).toBe(false);
});
