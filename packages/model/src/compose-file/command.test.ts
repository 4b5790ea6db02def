import { expect, test } from "vitest";
import { splitCommand } from "./command.ts";

test.each([
  ["npm start", ["npm", "start"]],
  [`node -e "console.log('a b')" x='y z'`, ["node", "-e", "console.log('a b')", "x=y z"]],
  ["a\\ b c", ["a b", "c"]],
  ['"" a', ["", "a"]],
  ["  ", []],
  ["a \\\n b", ["a", "b"]],
])("%j is split as Compose splits it", (line, words) => {
  expect(splitCommand(line)).toEqual({ ok: true, words });
});

test.each(["a && b", "a | b", "a > b", "a; b", "a &"])("%j is refused, because what follows would be dropped", (line) => {
  expect(splitCommand(line)).toMatchObject({ ok: false });
});

test("an open quote is refused, quoted operators are not", () => {
  expect(splitCommand("echo 'x")).toMatchObject({ ok: false, reason: expect.stringContaining("not closed") });
  expect(splitCommand('sh -c "a && b"')).toEqual({ ok: true, words: ["sh", "-c", "a && b"] });
});
