import { expect, test } from "vitest";
import { createHistory } from "./solution.ts";

const filled = (values: readonly unknown[], limit?: number) => {
  const history = createHistory<unknown>(values[0], limit === undefined ? {} : { limit });
  for (const value of values.slice(1)) history.push(value);
  return history;
};

test("goes back", () => {
  const history = filled(["a", "b"]);
  expect([history.undo(), history.current]).toEqual([true, "a"]);
});
test("goes forward again", () => {
  const history = filled(["a", "b"]);
  history.undo();
  expect([history.redo(), history.current]).toEqual([true, "b"]);
});
test("goes back after it went forward", () => {
  const history = filled(["a", "b", "c"]);
  history.undo();
  history.redo();
  history.undo();
  expect(history.current).toBe("b");
});
test("a new value ends the old future", () => {
  const history = filled(["a", "b"]);
  history.undo();
  history.push("c");
  expect([history.redo(), history.current]).toEqual([false, "c"]);
});
test("the same value is no step", () => {
  const history = filled(["a", "b", "b"]);
  history.undo();
  expect(history.current).toBe("a");
});
test("the same value leaves the future", () => {
  const history = filled(["a", "b"]);
  history.undo();
  history.push("a");
  history.redo();
  expect(history.current).toBe("b");
});
test("remembers as many steps as the limit says", () => {
  const history = filled(["a", "b", "c", "d"], 2);
  expect([history.undo(), history.undo(), history.undo()]).toEqual([true, true, false]);
});
test("forgets the oldest", () => {
  const history = filled(["a", "b", "c"], 1);
  history.undo();
  expect(history.current).toBe("b");
});
test("there is nothing before the first", () => expect(createHistory("a").undo()).toBe(false));
test("goes back to what is empty", () => {
  const history = filled(["", "a"]);
  history.undo();
  expect(history.current).toBe("");
});
test("a limit is an integer of 1 or more", () => {
  expect(() => createHistory("a", { limit: 0 })).toThrow(RangeError);
  expect(() => createHistory("a", { limit: 1.5 })).toThrow(RangeError);
});
