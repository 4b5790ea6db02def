import { expect, test } from "vitest";
import { errorText, wordsFor } from "./words.ts";

test("every word and every error of one language has its counterpart in the other", () => {
  const [english, korean] = [wordsFor("en"), wordsFor("ko")];

  expect(Object.keys(korean)).toEqual(Object.keys(english));
  expect(Object.keys(korean.errors)).toEqual(Object.keys(english.errors));
  expect(korean.openOf(1, 2)).toBe("2개 중 1개 남음");
});

test("an error nobody foresaw is said in general words", () => {
  expect(errorText(wordsFor("en"), "teapot")).toBe("That did not work. Please try again.");
  expect(errorText(wordsFor("ko"), "duplicate_item")).toBe("이미 목록에 있는 할 일입니다.");
});
