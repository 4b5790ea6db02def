import { expect, test } from "vitest";
import { tomorrowAtNine } from "./reminder-form.ts";

test("the time offered is tomorrow at nine, also over the end of a year", () => {
  expect(tomorrowAtNine(new Date(2029, 11, 31, 23, 30))).toBe("2030-01-01T09:00");
  expect(tomorrowAtNine(new Date(2030, 0, 4, 5, 6))).toBe("2030-01-05T09:00");
});
