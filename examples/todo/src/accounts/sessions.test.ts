import { describe, expect, test } from "vitest";
import { createSessions } from "./sessions.ts";

const account = { id: "3f0f6c1e-7f0d-4c59-9c35-0d5a3a2c7a11", email: "edith@example.com" };
const secret = "a secret of more than thirty-two characters";
const start = new Date("2030-01-01T00:00:00Z");
const at = (hours: number) => () => new Date(start.getTime() + hours * 3_600_000);

describe("a session", () => {
  test("is read back until it expires", async () => {
    const { token, expiresAt } = await createSessions({ secret, hours: 12, now: at(0) }).issue(account);

    expect(expiresAt).toEqual(at(12)());
    expect(await createSessions({ secret, hours: 12, now: at(11) }).read(token)).toEqual(account);
    expect(await createSessions({ secret, hours: 12, now: at(13) }).read(token)).toBeUndefined();
  });

  test("of another secret, or changed, is nobody's", async () => {
    const sessions = createSessions({ secret, hours: 12, now: at(0) });
    const { token } = await createSessions({ secret: `${secret} or another`, hours: 12, now: at(0) }).issue(account);

    expect(await sessions.read(token)).toBeUndefined();
    expect(await sessions.read("not.a.token")).toBeUndefined();
    expect(await sessions.read("")).toBeUndefined();
  });
});
