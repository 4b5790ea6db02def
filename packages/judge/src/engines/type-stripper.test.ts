import { afterEach, expect, test } from "vitest";
import { TypeStripper } from "./type-stripper.ts";

const stripper = new TypeStripper();
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

test("a text that keeps the compiler busy is given up, and the judge goes on meanwhile", async () => {
  const patient = new TypeStripper({ limitMs: 3_000 });
  try {
    let turns = 0;
    const counting = setInterval(() => turns++, 10);
    expect(await patient.strip(`x = ${"async <T>(a = ".repeat(60)}1`)).toEqual({
      unreadable: { message: "the compiler takes too long with them" },
    });
    clearInterval(counting);
    expect(turns).toBeGreaterThan(1);
  } finally {
    await patient.close();
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
