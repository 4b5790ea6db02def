import { afterAll, describe, expect, test } from "vitest";
import { languages } from "../contract.ts";
import { submissionLimitBytes } from "./judge-submission.ts";
import { closeEngines, goodTests, grade, killedOf, pythonHead, typeScriptHead } from "./judging.fixture.ts";

afterAll(closeEngines);

describe.each(languages)("a submission in %s", { timeout: 600_000 }, (lang) => {
  const python = lang === "python";
  const head = python ? pythonHead : typeScriptHead;
  /** One test with this body. */
  const tests = (body: { python: string; typescript: string }) =>
    python
      ? `${head}\ndef test_it():\n${body.python.replaceAll(/^/gm, "    ")}\n`
      : `${head}\ntest("it", async () => {\n${body.typescript}\n});\n`;

  test("that catches every variant is accepted, and says which test caught which", async () => {
    const judgement = await grade(lang, goodTests[lang]);
    expect(judgement).toMatchObject({ verdict: "accepted", score: 1, idleTests: [] });
    const [three, zero] = python ? ["test_three", "test_zero"] : ["three", "zero"];
    const by = Object.fromEntries(judgement.variants.map((one) => [one.id, one.killedBy]));
    expect(by).toEqual({ square: [three], plus: [three, zero].slice(0, by.plus?.length), zero: [zero] });
    expect(judgement.variants.every((one) => one.wallMs > 0 && one.memoryBytes > 0)).toBe(true);
    expect(judgement.variants[0]?.messages).not.toEqual({});
  });

  test("that misses variants is told how many, and which tests catch nothing", async () => {
    const judgement = await grade(lang, tests({ python: "assert double(2) == 4", typescript: "assert.equal(double(2), 4)" }));
    expect(judgement).toMatchObject({ verdict: "survivors", score: 0 });
    expect(judgement.explanation).toContain("3 of 3");
    expect(judgement.idleTests).toHaveLength(1);
    // The three survivors were run once more, in a new process.
    expect(judgement.runs).toBe(3 + 2 + 3 + 3);
  });

  test("that fails on what is right is a false alarm with the test's own words", async () => {
    const judgement = await grade(
      lang,
      tests({ python: 'assert double(1) == 3, "three!"', typescript: 'assert.equal(double(1), 3, "three!")' }),
    );
    expect(judgement).toMatchObject({ verdict: "false_alarm", score: 0 });
    expect(judgement.explanation).toContain("three!");
  });

  test("without tests is no_tests", async () => {
    expect((await grade(lang, head)).verdict).toBe("no_tests");
    expect((await grade(lang, "")).verdict).toBe("no_tests");
  });

  test("that is no program is compile_error with the line", async () => {
    const judgement = await grade(lang, python ? `${head}\ndef test_it(:\n    pass\n` : `${head}\ntest("it", () => { const x = ; });\n`);
    expect(judgement.verdict).toBe("compile_error");
    expect(judgement.explanation).toMatch(python ? /line 4/ : /line 5/);
  });

  test("of more tests than are run is told how many there may be", async () => {
    const many = python
      ? `${head}\n@pytest.mark.parametrize("x", range(2001))\ndef test_it(x): assert double(x) == x * 2\n`
      : `${head}\nfor (let x = 0; x < 2001; x++) test(String(x), () => assert.equal(double(x), x * 2));\n`;
    const { verdict, explanation } = await grade(lang, many);
    expect([verdict, explanation]).toEqual([
      "compile_error",
      expect.stringContaining("there are 2001 tests, and no more than 2000 are run"),
    ]);
  });

  test("that cannot be loaded is compile_error with the reason", async () => {
    const judgement = await grade(
      lang,
      python ? "from solution import triple\ndef test_it(): pass\n" : head.replace("{ double }", "{ triple }"),
    );
    expect(judgement.verdict).toBe("compile_error");
    expect(judgement.explanation).toContain("triple");
  });

  test("that never ends is ended at its limit", async () => {
    const judgement = await grade(lang, tests({ python: "while True: pass", typescript: "for (;;) {}" }), { limits: { timeMs: 700 } });
    expect(judgement.verdict).toBe("time");
  });

  test("that sleeps for ever is ended at its limit", async () => {
    const slow = tests({ python: "import time; time.sleep(1000)", typescript: "await new Promise((resolve) => setTimeout(resolve, 1e6))" });
    expect((await grade(lang, slow, { limits: { timeMs: 700 } })).verdict).toBe("time");
  });

  test("that hangs on a variant alone catches it, and the other variants are judged", async () => {
    const hangs = tests({
      python: "assert double(0) == 0\nwhile double(3) == 9: pass\nassert double(3) == 6",
      typescript: "assert.equal(double(0), 0);\nwhile (double(3) === 9) {}\nassert.equal(double(3), 6);",
    });
    const judgement = await grade(lang, hangs, { limits: { timeMs: 2_500 } });
    expect(judgement.verdict).toBe("accepted");
    expect(judgement.variants.find((one) => one.id === "square")?.end).toBe("time");
  });

  test("that ends its process on a variant catches it, and on what is right is a false alarm", async () => {
    const leave = python ? "import os; os._exit(0)" : "process.exit(0)";
    const condition = python
      ? `if double(3) != 6: ${leave}\nassert double(0) == 0`
      : `if (double(3) !== 6) ${leave};\nassert.equal(double(0), 0);`;
    const judgement = await grade(lang, tests({ python: condition, typescript: condition }));
    expect(killedOf(judgement)).toEqual(["plus", "square", "zero"]);
    expect(judgement.variants.find((one) => one.id === "square")?.end).toBe("crashed");
    expect((await grade(lang, tests({ python: leave, typescript: leave }))).verdict).toBe("false_alarm");
  });

  test("that passes and fails by chance is flaky", async () => {
    const chance = tests({
      python: "import random; assert random.SystemRandom().random() < 0.5",
      typescript: "assert.ok(crypto.getRandomValues(new Uint8Array(1))[0] < 128);",
    });
    const verdicts = new Set<string>();
    for (let attempt = 0; attempt < 8 && !verdicts.has("flaky"); attempt++)
      verdicts.add((await grade(lang, chance, { seed: attempt })).verdict);
    expect([...verdicts]).toContain("flaky");
  });

  test("is judged the same whatever the order of runs", async () => {
    for (const seed of [1, 2, 3]) expect(killedOf(await grade(lang, goodTests[lang], { seed }))).toEqual(["plus", "square", "zero"]);
  });
});

test("tests that make too many tests while they run are told how many there may be", { timeout: 600_000 }, async () => {
  const text = `${typeScriptHead}\ntest("all", async (t) => { for (let x = 0; x < 2001; x++) await t.test(String(x), () => assert.equal(double(x), x * 2)); });\n`;
  const { verdict, explanation } = await grade("typescript", text);
  expect([verdict, explanation]).toEqual(["compile_error", expect.stringContaining("there are 2002 tests, and no more than 2000 are run")]);
});

test("tests of vitest are graded like those of node:test", async () => {
  const text = `import { describe, expect, it } from "vitest";
import { double } from "./solution.ts";
describe("double", () => {
  it.each([[3, 6], [0, 0]])("of %i is %i", (x, y) => { expect(double(x)).toBe(y); });
});
`;
  const judgement = await grade("typescript", text);
  expect(judgement.verdict).toBe("accepted");
  expect(judgement.tests.map((one) => one.name)).toEqual(["double > of 3 is 6", "double > of 0 is 0"]);
});

describe.each(languages)("a strict judgement in %s", { timeout: 600_000 }, (lang) => {
  test("says the same, with one run of each program and three of the reference", async () => {
    expect(await grade(lang, goodTests[lang], { strict: true })).toMatchObject({ verdict: "accepted", score: 1, runs: 3 + 2 + 3 });
    const nothing = lang === "python" ? "def test_it(): pass" : 'test("it", () => {});';
    const head = lang === "python" ? pythonHead : typeScriptHead;
    const judgement = await grade(lang, `${head}${nothing}\n`, { strict: true });
    expect(judgement).toMatchObject({ verdict: "survivors", runs: 3 + 2 + 3 });
  });

  test("stands on no run that another one could have told anything", async () => {
    const counting =
      lang === "python"
        ? `${pythonHead}import os\ndef test_it():\n    assert not os.path.exists("/tmp/mark")\n    open("/tmp/mark", "w").close()\n`
        : `${typeScriptHead}test("it", () => { assert.equal(globalThis.mark, undefined); globalThis.mark = 1; });\n`;
    expect(await grade(lang, counting, { strict: true })).toMatchObject({ verdict: "survivors", runs: 3 + 2 + 3 });
  });
});

test.each(languages)("tests of %s that are longer than anyone writes are compile_error, and nothing looks into them", async (lang) => {
  const comment = lang === "python" ? "#" : "//";
  const { verdict, explanation } = await grade(lang, `${goodTests[lang]}${comment}${"x".repeat(submissionLimitBytes)}`);
  expect({ verdict, explanation }).toEqual({
    verdict: "compile_error",
    explanation: expect.stringContaining(`more than ${submissionLimitBytes}`),
  });
});

test("a limit that is broken by what several runs of a process left is not the learner's fault", { timeout: 600_000 }, async () => {
  const heavy = `${typeScriptHead}globalThis.kept ??= [];
globalThis.kept.push(new Array(6_000_000).fill(1.5));
test("it", () => assert.equal(double(2), 4));
`;
  expect((await grade("typescript", heavy, { limits: { timeMs: 40_000 } })).verdict).toBe("survivors");
});

test("what breaks TypeScript's compiler is compile_error, and breaks it for nobody else", { timeout: 600_000 }, async () => {
  for (const text of [`const a = ${"(".repeat(50_000)}1`, "{".repeat(100_000), `const a = ${"1+".repeat(100_000)}1;`]) {
    expect((await grade("typescript", text)).verdict).toBe("compile_error");
    expect((await grade("typescript", goodTests.typescript)).verdict).toBe("accepted");
  }
});

test("what the compiler does not survive is compile_error", async () => {
  for (const text of [`x = ${"(".repeat(100_000)}`, `x = ${"-".repeat(1_000_000)}1`, "x = \0", `x = ${"9".repeat(10_000)}`])
    expect((await grade("python", text)).verdict).toBe("compile_error");
  expect((await grade("python", goodTests.python)).verdict).toBe("accepted");
});

test("fixtures, parameters and classes of pytest work", async () => {
  const text = `${pythonHead}
@pytest.fixture
def three(): return 3
@pytest.mark.parametrize("x", [0, 5])
def test_each(x): assert double(x) == x + x
class TestIt:
    def test_three(self, three, tmp_path, monkeypatch):
        (tmp_path / "x").write_text("y")
        assert double(three) == 6
`;
  const judgement = await grade("python", text);
  expect(judgement.verdict).toBe("accepted");
  expect(judgement.tests.map((one) => one.name)).toEqual(["test_each[0]", "test_each[5]", "TestIt::test_three"]);
});
