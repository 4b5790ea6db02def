import { type Exercise, type JudgeLimits, type Judgement, type Language, type ProgramFiles, verdicts } from "../contract.ts";
import type { Engine } from "../engines/engine.ts";
import { createEngine } from "../engines/engines.ts";
import { judgeSubmission } from "./judge-submission.ts";

/** A tiny exercise for tests of the judge itself: `double` of a number, and what is wrong with it. */
const programs: Readonly<
  Record<Language, { file: string; reference: string; decoys: readonly string[]; variants: Readonly<Record<string, string>> }>
> = {
  python: {
    file: "solution.py",
    reference: "def double(x):\n    return x * 2\n",
    decoys: ["def double(x):\n    return x + x\n", "def double(number):\n    result = number\n    result += number\n    return result\n"],
    variants: {
      square: "def double(x):\n    return x ** 2\n",
      plus: "def double(x):\n    return x + 2\n",
      zero: "def double(x):\n    return x * 2 or None\n",
    },
  },
  typescript: {
    file: "solution.ts",
    reference: "export function double(x: number): number {\n  return x * 2;\n}\n",
    decoys: [
      "export const double = (x: number): number => x + x;\n",
      "export function double(n: number): number {\n  let sum = n;\n  sum += n;\n  return sum;\n}\n",
    ],
    variants: {
      square: "export function double(x: number): number {\n  return x ** 2;\n}\n",
      plus: "export function double(x: number): number {\n  return x + 2;\n}\n",
      zero: "export function double(x: number): number {\n  return x * 2 || 1;\n}\n",
    },
  },
};

export const smallLimits: JudgeLimits = {
  timeMs: 5_000,
  memoryBytes: 128 * 1024 ** 2,
  outputBytes: 1024 ** 2,
  processes: 16,
  diskBytes: 8 * 1024 ** 2,
};

export function smallExercise(lang: Language, limits: Partial<JudgeLimits> = {}): Exercise {
  const { file, reference, decoys, variants } = programs[lang];
  const of = (text: string): ProgramFiles => ({ [file]: text });
  const nothing = { ko: "-", en: "-" };
  const tests = { name: "tests", text: "" };
  return {
    folder: "/nowhere",
    id: "double",
    lang,
    level: "easy",
    title: nothing,
    learn: nothing,
    statement: nothing,
    limits: { ...smallLimits, ...limits },
    seed: 1,
    reference: of(reference),
    decoys: decoys.map((text, index) => ({ id: `decoy ${index}`, files: of(text) })),
    variants: Object.entries(variants).map(([id, text]) => ({ id, files: of(text), why: nothing, weight: 1 })),
    knownTests: tests,
    starter: tests,
    generator: tests,
  };
}

const engines = new Map<Language, Promise<Engine>>();

export function engineOf(lang: Language): Promise<Engine> {
  const known = engines.get(lang) ?? createEngine(lang);
  engines.set(lang, known);
  return known;
}

/** After all tests of a file. */
export async function closeEngines(): Promise<void> {
  for (const engine of engines.values()) await (await engine).close();
  engines.clear();
}

export const pythonHead = "import pytest\nfrom solution import double\n";
export const typeScriptHead =
  'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { double } from "./solution.ts";\n';

/** Tests that catch everything. */
export const goodTests: Readonly<Record<Language, string>> = {
  python: `${pythonHead}
def test_three(): assert double(3) == 6
def test_zero(): assert double(0) == 0
`,
  typescript: `${typeScriptHead}
test("three", () => assert.equal(double(3), 6));
test("zero", () => assert.equal(double(0), 0));
`,
};

export async function grade(
  lang: Language,
  text: string,
  options: { limits?: Partial<JudgeLimits>; seed?: number; exercise?: Exercise; strict?: boolean } = {},
): Promise<Judgement> {
  const exercise = options.exercise ?? smallExercise(lang, options.limits);
  const name = lang === "python" ? "test_learner.py" : "learner.test.ts";
  const judgement = await judgeSubmission({
    exercise,
    submission: { name, text },
    engine: await engineOf(lang),
    signal: AbortSignal.timeout(200_000),
    seed: options.seed ?? 7,
    strict: options.strict,
  });
  if (!verdicts.includes(judgement.verdict)) throw new Error(`there is no verdict ${judgement.verdict}`);
  return judgement;
}

export const killedOf = ({ variants }: Judgement): readonly string[] => variants.filter((one) => one.killed).map((one) => one.id);
