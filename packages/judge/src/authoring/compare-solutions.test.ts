import { afterAll, describe, expect, test } from "vitest";
import { type Exercise, type Language, languages } from "../contract.ts";
import { closeEngines, engineOf, goodTests, smallExercise } from "../judging/judging.fixture.ts";
import { compareSolutions } from "./compare-solutions.ts";

afterAll(closeEngines);

const generators: Readonly<Record<Language, string>> = {
  python: "def generate(random): return random.choice([0, 1, 2, 3])\ndef observe(solution, x): return solution.double(x)\n",
  typescript:
    "export const generate = (random: () => number) => Math.floor(random() * 4);\nexport const observe = (solution: { double(x: number): number }, x: number) => solution.double(x);\n",
};

describe.each(languages)("a second solution in %s", (lang) => {
  const python = lang === "python";
  const exercise: Exercise = {
    ...smallExercise(lang),
    knownTests: { name: python ? "test_known.py" : "known.test.ts", text: goodTests[lang] },
    generator: { name: python ? "generate.py" : "generate.ts", text: generators[lang] },
  };
  const compare = async (text: string) =>
    compareSolutions({
      exercise,
      second: { [python ? "solution.py" : "solution.ts"]: text },
      engine: await engineOf(lang),
      signal: AbortSignal.timeout(170_000),
    });
  const double = (body: string) => (python ? `def double(x):\n    return ${body}\n` : `export const double = (x: number) => ${body};\n`);

  test("that behaves as the reference agrees on every input", async () => {
    expect(await compare(double("x + x"))).toEqual({ findings: [], agreeing: 200, inputs: 200 });
  }, 180_000);

  test("that differs where no known test looks is found out by inputs, which are shown", async () => {
    const { findings, agreeing } = await compare(double(python ? "x * 2 if x != 1 else 5" : "(x === 1 ? 5 : x * 2)"));
    expect(agreeing).toBeGreaterThan(100);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toMatch(
      /^it differs from the reference on \d+ of 200 generated inputs; on input 1 the reference gives 2 and the second solution 5;/,
    );
  }, 180_000);

  test("that fails a known test, or cannot even be loaded, says so", async () => {
    const wrong = await compare(double("x"));
    expect(wrong.findings[0]?.message).toMatch(/^the known test (test_)?three fails on it: /);
    const broken = await compare("this is no program (");
    const said = broken.findings.map((one) => one.message);
    expect(said).toEqual(
      python
        ? [expect.stringContaining("the known tests do not finish on it: unloadable"), expect.stringContaining("it cannot be observed")]
        : [expect.stringContaining("is no TypeScript")],
    );
    expect(broken.agreeing).toBe(0);
  }, 180_000);
});
