import { expect, test } from "vitest";
import { parseRestoreTime } from "./restore-time.ts";

test.each([
  ["2026-11-21 20:15:03", "Asia/Seoul", "2026-11-21T11:15:03.000Z"],
  ["2026-11-21 20:15", "UTC", "2026-11-21T20:15:00.000Z"],
  ["2026-07-01 12:00:00.250", "Europe/Berlin", "2026-07-01T10:00:00.250Z"],
  ["2026-11-21T20:15:03+09:00", "America/New_York", "2026-11-21T11:15:03.000Z"],
  ["2026-11-21 20:15:03 -0330", "UTC", "2026-11-21T23:45:03.000Z"],
  ["2026-11-21T20:15:03Z", "Asia/Seoul", "2026-11-21T20:15:03.000Z"],
])("%s in %s is %s", (text, timeZone, iso) => {
  expect(new Date(parseRestoreTime(text, { timeZone }).at).toISOString()).toBe(iso);
});

test("what was understood is said with its zone", () => {
  expect(parseRestoreTime("2026-11-21 20:15:03", { timeZone: "Asia/Seoul" }).said).toBe(
    "2026-11-21 20:15:03 in Asia/Seoul (UTC+09:00), that is 2026-11-21 11:15:03 UTC",
  );
});

test.each([
  ["2026-10-25 02:30:00", "Europe/Berlin", "had it twice: 2026-10-25 00:30:00 UTC and 2026-10-25 01:30:00 UTC"],
  ["2026-03-29 02:30:00", "Europe/Berlin", "clocks of Europe/Berlin were set forward over it"],
  ["2026-02-30 12:00:00", "UTC", "there is no such day or time"],
  ["2026-11-21 25:00:00", "UTC", "there is no such day or time"],
  ["yesterday", "UTC", "it is no time such as"],
])("%s in %s is refused: %s", (text, timeZone, why) => {
  expect(() => parseRestoreTime(text, { timeZone })).toThrow(why);
});
