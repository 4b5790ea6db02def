import { afterEach, expect, test } from "vitest";
import { SubmissionStripper } from "./strip-submission.ts";

const stripper = new SubmissionStripper();
afterEach(() => stripper.close());

const honest = "const x: number = 1;\n";
const stripped = { text: "const x         = 1;\n" };

test("types are taken off where they stand, and a mistake of syntax is told with its line", async () => {
  expect(await stripper.strip(honest)).toEqual(stripped);
  expect(await stripper.strip("\nconst x = ;\n")).toMatchObject({ unreadable: { line: 2 } });
});

test("a text that breaks the compiler is refused, and texts after it are not", async () => {
  const nested = [
    `const a = ${"(".repeat(50_000)}1`,
    `const a = ${"1+".repeat(100_000)}1;`,
    "{".repeat(100_000),
    `f${"<a".repeat(50_000)}`,
  ];
  for (const text of nested) {
    expect(await stripper.strip(text)).toHaveProperty("unreadable.message");
    expect(await stripper.strip(honest)).toEqual(stripped);
  }
});

test("texts that come at once are answered each by its own, also after it was closed", async () => {
  const texts = ["let a: 1;", "let (", "let b: 2;"];
  const [first, second, third] = await Promise.all(texts.map((text) => stripper.strip(text)));
  expect([first, third]).toEqual([{ text: "let a   ;" }, { text: "let b   ;" }]);
  expect(second).toHaveProperty("unreadable");
  await stripper.close();
  expect(await stripper.strip(honest)).toEqual(stripped);
});
