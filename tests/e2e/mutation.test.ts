import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Changes, lastJson, type Stage, setStage } from "./stage.ts";

/** The mutation job from outside, on a small Python project: what the tests of a change would not notice. */
let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

interface Mutants {
  readonly jobs: readonly { readonly id: string; readonly state: string; readonly detail: string }[];
  readonly findings: readonly { readonly file: string; readonly line: number; readonly level: string; readonly message: string }[];
  readonly patchCoverage?: { readonly coveredLines: number; readonly executableLines: number };
  readonly gates: readonly { readonly gate: string; readonly seen: string; readonly held: boolean }[];
  readonly problems: readonly { readonly code: string; readonly message: string; readonly fix: string }[];
  readonly mutations: readonly {
    readonly changedLines?: number;
    readonly found: number;
    readonly leftOut: number;
    readonly untried: number;
    readonly score?: number;
    readonly mutants: readonly { readonly status: string; readonly line: number; readonly tests: readonly string[] }[];
  }[];
}

/** A second line of prices, and a test that runs it and would pass if it were another. */
const express: Changes = {
  "app/shipping.py": (text) =>
    text.replace("def shipping(total):", "def shipping(total, express=False):").replace("return 5", "return 5 + (3 if express else 0)"),
};
const weakTest = "\n\ndef test_express_costs_something():\n    assert shipping(10, express=True) > 0\n";
const strongTest = "\n\ndef test_express_costs_three_more():\n    assert shipping(10, express=True) == 8\n";

test("a weak test's survivors are named on the lines of the change, with what may be changed; a strong test kills them", {
  timeout: 300_000,
}, async () => {
  const directory = await withChange({ ...express, "tests/test_shipping.py": (text) => text + weakTest });
  const weak = await prove(directory, ["run", "--json"]);
  expect(weak.exitCode).toBe(0);
  expect(weak.mutations).toMatchObject([{ changedLines: 2, leftOut: 0, untried: 0 }]);
  const survived = weak.findings.filter(({ level }) => level === "warning");
  expect(survived.map(({ file, line }) => `${file}:${line}`)).toContain("app/shipping.py:9");
  expect(survived.map(({ message }) => message).join("\n\n")).toContain(
    [
      "no test notices this change:",
      "-     return 5 + (3 if express else 0)",
      "+     return 5 - (3 if express else 0)",
      "tests/test_shipping.py::test_small_orders_pay and 1 more run it and pass all the same",
    ].join("\n"),
  );
  // Lines that the change did not touch are not its business.
  expect(weak.mutations[0]?.mutants.every(({ line }) => line === 6 || line === 9)).toBe(true);
  const said = await stage.run(["report"], { directory }).then(({ stdout }) => stdout);
  expect(said).toMatch(/app\/shipping\.py:9 survived: arithmetic\n {4}- return 5 \+ \(3 if express else 0\)\n {4}\+ return 5 - \(3/);

  await stage.change(directory, { "tests/test_shipping.py": (text) => text.replace(weakTest, strongTest) });
  const strong = await prove(directory, ["run", "--json"]);
  expect(strong).toMatchObject({ exitCode: 0, mutations: [{ score: 1 }], findings: [] });
  await stage.expectNothingLeft();
});

test("a gate fails the job when it is told to, and a part of the mutants is chosen alike each time", { timeout: 300_000 }, async () => {
  const directory = await withChange({
    ...express,
    "tests/test_shipping.py": (text) => text + weakTest,
    "dojang.yml": (text) => `${text}    at-most: 4\n    lines: all\n    gate: { score: 100%, on-miss: fail }\n`,
  });
  const first = await prove(directory, ["run", "--json"]);
  const second = await prove(directory, ["run", "--json"]);
  expect(first.exitCode).toBe(1);
  expect(first.gates).toMatchObject([{ gate: "mutation-score", held: false }]);
  expect(first.mutations[0]?.mutants.length).toBe(4);
  expect(first.mutations[0]?.leftOut).toBe((first.mutations[0]?.found ?? 0) - 4);
  expect(second.mutations[0]?.mutants.map(({ line, status }) => [line, status])).toEqual(
    first.mutations[0]?.mutants.map(({ line, status }) => [line, status]),
  );
});

test("a change that touches none of the files passes and says so; without anything to compare with all lines are taken", {
  timeout: 300_000,
}, async () => {
  const untouched = await prove(await withChange({ "tests/test_shipping.py": (text) => `${text}\n` }), ["run", "--json"]);
  expect(untouched).toMatchObject({ exitCode: 0, mutations: [] });
  expect(untouched.jobs[0]?.detail).toBe("the change touches none of app/**/*.py, web/*.ts: nothing to break");

  const alone = await prove(await stage.copy("prices"), ["run", "--json"]);
  expect(alone.exitCode).toBe(0);
  expect(alone.jobs[0]?.detail).toMatch(/killed.*\(there is nothing to compare the change with: all lines are taken\)$/);
  expect(alone.mutations[0]?.changedLines).toBeUndefined();
});

const refusals: readonly { readonly what: string; readonly changes: Changes; readonly code: string; readonly says: RegExp }[] = [
  {
    what: "tests that fail before anything is broken",
    changes: { "tests/test_shipping.py": (text) => text.replace("== 5", "== 6") },
    code: "mutation-tests-red",
    says: /1 of 2 tests fail before anything is broken\n {2}tests\/test_shipping\.py::test_small_orders_pay/,
  },
  {
    what: "no test",
    changes: { "tests/test_shipping.py": undefined },
    code: "mutation-no-tests",
    says: /found no test/,
  },
  {
    what: "a file that is no Python",
    changes: { "app/shipping.py": (text) => text.replace("return 0", "return (") },
    code: "mutation-source-unreadable",
    says: /app\/shipping\.py cannot be read as Python/,
  },
  {
    what: "a glob that matches nothing",
    changes: { "dojang.yml": (text) => text.replace("app/**", "src/**") },
    code: "mutate-matches-nothing",
    says: /matches no file of the project: src/,
  },
  {
    what: "a glob that matches nothing but tests",
    changes: { "dojang.yml": (text) => text.replace("app/**", "tests/**") },
    code: "mutate-matches-nothing",
    says: /nothing that can be broken by stryker or pytest: 1 files such as tests\/test_shipping\.py/,
  },
  {
    what: "TypeScript without Stryker",
    changes: { "dojang.yml": (text) => text.replace("app/**/*.py", "app/*.mjs"), "app/sum.mjs": "export const sum = (a, b) => a + b;\n" },
    code: "mutation-stryker-missing",
    says: /@stryker-mutator\/core and @stryker-mutator\/vitest-runner are not among the packages of the project/,
  },
];
test.for(refusals)("$what: a problem with its way out, and no score", { timeout: 200_000 }, async ({ changes, code, says }) => {
  const { exitCode, problems, mutations } = await prove(await stage.copy("prices", changes), ["run", "--json"]);
  expect({ exitCode, mutations }).toEqual({ exitCode: 2, mutations: [] });
  expect(problems).toMatchObject([{ code, message: expect.stringMatching(says), fix: expect.stringMatching(/\w/) }]);
  await stage.expectNothingLeft();
});

test("tests that never end leave nothing known, which fails no job but one whose gate says so", { timeout: 200_000 }, async () => {
  const hangs: Changes = {
    "tests/test_shipping.py": (text) => text.replace("assert shipping(50)", "import time; time.sleep(3600)\n    assert shipping(50)"),
    "dojang.yml": (text) => text.replace("2m", "8s"),
  };
  const directory = await stage.copy("prices", hangs);
  const warned = await prove(directory, ["run", "--json"]);
  expect(warned.exitCode).toBe(0);
  expect(warned.jobs[0]?.detail).toMatch(
    /^nothing is known: the tests as they are did not end within \d+ s; it was in tests\/test_shipping\.py::test_large_orders_are_free/,
  );
  await stage.change(directory, { "dojang.yml": (text) => `${text}    gate: { score: 1%, on-miss: fail }\n` });
  const gated = await prove(directory, ["run", "--json"]);
  expect(gated.exitCode).toBe(1);
  expect(gated.gates).toMatchObject([{ held: false, seen: expect.stringContaining("unknown: the tests as they are") }]);
  await stage.expectNothingLeft();
});

test("when the time is over, what is known by then is the result", { timeout: 200_000 }, async () => {
  const directory = await stage.copy("prices", {
    "tests/test_shipping.py": (text) => `import time\n${text.replaceAll("    assert", "    time.sleep(6)\n    assert")}`,
    // Twice six seconds as they are, and six at least for each mutant: no machine tries more than three.
    "dojang.yml": (text) => `${text.replace("2m", "30s")}    gate: { score: 1%, on-miss: fail }\n`,
  });
  const { exitCode, mutations, jobs } = await prove(directory, ["run", "--json"]);
  expect(mutations[0]?.untried).toBeGreaterThan(0);
  expect(jobs[0]?.detail).toContain("not tried in time");
  // On a machine so busy that none was tried the gate does not hold: what is not known is no pass.
  expect(exitCode).toBe((mutations[0]?.score ?? 0) > 0 ? 0 : 1);
  await stage.expectNothingLeft();
});

const endless: Changes = {
  "tests/test_shipping.py": (text) => `import time\n${text.replaceAll("    assert", "    time.sleep(0.5)\n    assert")}`,
};

test("SIGINT between two mutants ends the run with 130 and leaves nothing", { timeout: 200_000 }, async () => {
  const running = stage.start(["run", "--verbose"], { directory: await stage.copy("prices", endless) });
  await running.said(/(?:killed|survived) app\/shipping\.py:\d+/);
  running.child.kill("SIGINT");
  const { exitCode, stdout } = await running.ended;
  expect(exitCode).toBe(130);
  expect(stdout).toContain("cancelled");
  await stage.expectNothingLeft();
});

test("a run that is killed between two mutants leaves nothing behind once the next one has begun", { timeout: 200_000 }, async () => {
  const directory = await stage.copy("prices", endless);
  const running = stage.start(["run", "--verbose"], { directory });
  await running.said(/(?:killed|survived) app\/shipping\.py:\d+/);
  running.child.kill("SIGKILL");
  await running.ended;
  const { exitCode, mutations } = await prove(directory, ["run", "--json"]);
  expect(exitCode).toBe(0);
  expect(mutations[0]?.untried).toBe(0);
  await stage.expectNothingLeft();
});

test("the weak test planted in the sample system: its lines are named with what may be changed, and a strong one kills it all", {
  timeout: 1_500_000,
}, async () => {
  // What else its tests prove is proved elsewhere; here it is the tests of one change.
  const directory = await stage.copyExample("todo", {
    changes: { "dojang.yml": (text) => text.replace("within: 60s", "within: 10m").replace("timeout: 10m", "timeout: 15m") },
  });
  await branchOff(directory);
  await promisify(execFile)("git", ["apply", join("bugs", "weak-test.patch")], { cwd: directory });
  const weak = await prove(directory, ["run", "--job", "mutation", "--json"]);
  expect(weak.exitCode, JSON.stringify(weak.problems)).toBe(0);
  expect(weak.patchCoverage).toMatchObject({ coveredLines: 3, executableLines: 3 });
  expect(weak.gates).toContainEqual(expect.objectContaining({ gate: "mutation-score", held: false, onMiss: "warn" }));
  expect(weak.findings).toContainEqual(
    expect.objectContaining({
      file: "src/resilience/retry.ts",
      line: 25,
      message: expect.stringContaining("-       waitedMs += delayMs;\n+       waitedMs -= delayMs;"),
    }),
  );
  expect(new Set(weak.mutations.flatMap(({ mutants }) => mutants.map(({ line }) => line)))).toEqual(new Set([24, 25]));

  const asked = 'await expect(retry(work, { ...options, longestWaitMs: 150 })).rejects.toThrow("away");';
  await stage.change(directory, {
    "dojang.yml": (text) => text.replace("needs: [unit]", "needs: []"),
    "src/resilience/retry.test.ts": (text) =>
      text
        .replace(asked, `${asked}\n    expect(waited).toEqual([50, 100]);`)
        .replace("const { options } = patience(5);", "const { waited, options } = patience(5);"),
  });
  const strong = await prove(directory, ["run", "--job", "mutation", "--json"]);
  expect(strong.findings).toEqual([]);
  expect(strong).toMatchObject({ exitCode: 0, mutations: [{ score: 1 }] });
  await stage.expectNothingLeft();
});

/** A repository with the fixture on its main branch, and a branch with some changes. */
async function withChange(changes: Changes): Promise<string> {
  const directory = await stage.copy("prices");
  const git = await branchOff(directory);
  await stage.change(directory, changes);
  await git("commit", "-q", "-a", "-m", "as it is to be");
  return directory;
}

/** What is there becomes the main branch of a repository, and a branch is checked out. */
async function branchOff(directory: string) {
  const git = (...args: readonly string[]) =>
    promisify(execFile)("git", ["-c", "user.name=Author", "-c", "user.email=author@example.com", ...args], { cwd: directory });
  await git("init", "-q", "-b", "main");
  await git("add", "-A");
  await git("commit", "-q", "-m", "as it was");
  await git("checkout", "-q", "-b", "change");
  return git;
}

async function prove(directory: string, args: readonly string[]): Promise<Mutants & { readonly exitCode: number | null }> {
  const ended = await stage.run([...args, "--out", join(directory, ".dojang")], { directory });
  return { ...lastJson<Mutants>(ended), exitCode: ended.exitCode };
}
