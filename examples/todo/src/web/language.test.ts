import { expect, test } from "vitest";
import { preferredLanguage } from "./language.ts";

test.each([
  [undefined, "en"],
  ["", "en"],
  ["ko", "ko"],
  ["ko-KR,ko;q=0.9,en-US;q=0.8", "ko"],
  ["en-GB,ko;q=0.9", "en"],
  ["fr, ko;q=0.2", "ko"],
  ["ko;q=0, en;q=0.1", "en"],
  ["de-DE,de", "en"],
  ["ko;q=abc", "en"],
])("who asks for %s reads %s", (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});
