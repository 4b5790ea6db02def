import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EngineLine, readEngineLine } from "./engine-line.ts";

/** The runner of Python's mutants as it runs inside environments, on small projects. */
const runner = join(import.meta.dirname, "..", "..", "..", "preload", "mutation", "python", "dojang_mutation.py");
const patience = 240_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-python-mutants-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Order {
  readonly files: Readonly<Record<string, string>>;
  readonly lines?: readonly number[];
  readonly withinMs?: number;
  readonly leastTimeoutMs?: number;
}

type Mutant = Extract<EngineLine, { kind: "mutant" }>;

let projects = 0;

/** Runs the mutants of `app.py` against `test_app.py`. */
async function mutants({
  files,
  lines,
  withinMs = 60_000,
  leastTimeoutMs,
}: Order): Promise<{ lines: EngineLine[]; mutants: Mutant[]; project: string }> {
  const project = join(folder, `project-${++projects}`);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), text);
  }
  const order = { targets: [{ file: "app.py", lines }], atMost: 200, withinMs, arguments: [], tests: [], leastTimeoutMs };
  const environment = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: folder, PYTHONPYCACHEPREFIX: join(folder, "compiled") };
  const child = spawn("python3", [runner], { cwd: project, env: environment, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(order));
  const printed = await new Response(child.stdout as unknown as ReadableStream).text();
  const told = printed.split("\n").flatMap((line) => readEngineLine(line) ?? []);
  return { lines: told, mutants: told.filter((line) => line.kind === "mutant"), project };
}

/** `operator: before -> after` of each, without indentation. */
function changes(found: readonly Mutant[]): string[] {
  return found.map(({ operator, before, after }) => `${operator}: ${before.join(" ").trim()} -> ${after.join(" ").trim()}`).sort();
}

test("each operator of the field makes its mutants, on the asked lines alone", { timeout: patience }, async () => {
  const app = `def f(a, b):
    if a < b and not b:
        raise ValueError("no")
    a += 1
    g(a)
    return "é" + str(a * b) if a == 2 else [True, x(-a)]
def g(a): pass
def x(a): return a
`;
  const { mutants: found } = await mutants({
    files: { "app.py": app, "test_app.py": "import app\ndef test_it(): app.f(1, 2)\n" },
    lines: [2, 3, 4, 5],
  });

  expect(changes(found)).toEqual([
    "arithmetic: a += 1 -> a -= 1",
    "boolean operator: if a < b and not b: -> if a < b or not b:",
    "boundary: if a < b and not b: -> if a <= b and not b:",
    "negate condition: if a < b and not b: -> if a < b and b:",
    "negate condition: if a < b and not b: -> if a >= b and not b:",
    "negate condition: if a < b and not b: -> if not (a < b and not b):",
    "off by one: a += 1 -> a += 2",
    "removed call: g(a) -> pass",
    'removed raise: raise ValueError("no") -> pass',
  ]);
});

test("columns are right after letters of several bytes, and on lines that go on", { timeout: patience }, async () => {
  const app = `def f(a):\n    return ("한글" +\n            "é", a == 2)\n`;
  const { mutants: found } = await mutants({
    files: { "app.py": app, "test_app.py": "import app\ndef test_it(): assert app.f(2) == ('한글é', True)\n" },
  });

  expect(found.every(({ status }) => status === "killed")).toBe(true);
  expect(changes(found)).toContain('negate condition: "é", a == 2) -> "é", a != 2)');
});

test("what no test would assert is left alone", { timeout: patience }, async () => {
  const app = `"""Doc."""
import logging
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    X = 1
__version__ = "1.0"
log = logging.getLogger("x")
def f(a: "int" = None) -> "str":
    """Doc."""
    log.info("said %d", 3)
    print(1 + 1)
    y = 4  # pragma: no mutate
class C:
    def __repr__(self):
        return "C" * 2
if __name__ == "__main__":
    f(1)
`;
  const { lines } = await mutants({ files: { "app.py": app, "test_app.py": "import app\ndef test_it(): app.f()\n" } });

  expect(lines).toContainEqual({ kind: "planned", found: 0, chosen: 0, ignored: 0 });
});

test("a mutant that hangs, one that ends the runner and one that crashes it are told apart, and the next ones go on", {
  timeout: patience,
}, async () => {
  const app = `import os
def f(n):
    while n > 0:
        n -= 1
    if n == 5:
        os._exit(0)
    if n == 6:
        os.kill(os.getpid(), 11)
    return n
`;
  const { mutants: found } = await mutants({
    files: { "app.py": app, "test_app.py": "import app\ndef test_it(): assert app.f(3) == 0\n" },
    lines: [4, 5, 7, 9],
    leastTimeoutMs: 2000,
  });
  const statusOf = (after: string) => found.find((one) => one.after.join("\n").trim() === after);

  expect(statusOf("n += 1")).toMatchObject({ status: "timeout" });
  expect(statusOf("if n != 5:")).toMatchObject({ status: "error", reason: "the tests ended early with code 0" });
  expect(statusOf("if n != 6:")).toMatchObject({ status: "killed", reason: "the tests died of signal 11" });
  expect(statusOf("return None")).toMatchObject({ status: "killed", killedBy: "test_app.py::test_it" });
});

test("each mutant is tried by the tests that run its line, what is set at import by all of them, also in programs they start", {
  timeout: patience,
}, async () => {
  const app = "LIMIT = 5\ndef one():\n    return LIMIT + 1\ndef two():\n    return 2\ndef nobody():\n    return 3\n";
  const tests = `import subprocess, sys, app
def test_one(): assert app.one() == 6
def test_two():
    assert subprocess.run([sys.executable, "-c", "import app; print(app.two())"], capture_output=True).stdout.strip() == b"2"
`;
  const { mutants: found } = await mutants({ files: { "app.py": app, "test_app.py": tests } });
  const fates = Object.fromEntries(found.map(({ after, status, testCount }) => [after.join(""), [status, testCount]]));

  expect(fates["LIMIT = 6"]).toEqual(["killed", 2]);
  expect(fates["    return LIMIT + 2"]).toEqual(["killed", 1]);
  expect(fates["    return 3"]).toEqual(["killed", 1]);
  expect(fates["    return 4"]).toEqual(["no-coverage", 0]);
});

test("no file of the project is changed, and a mutant knows nothing of the one before", { timeout: patience }, async () => {
  const app = "seen = []\ndef f():\n    seen.append(1)\n    return len(seen)\n";
  const { mutants: found, project } = await mutants({
    files: { "app.py": app, "test_app.py": "import app\ndef test_it(): assert app.f() == 1\n" },
    lines: [3, 4],
  });

  expect(changes(found)).toEqual([
    "off by one: seen.append(1) -> seen.append(2)",
    "removed call: seen.append(1) -> pass",
    "return value: return len(seen) -> return None",
  ]);
  expect(found.find(({ operator }) => operator === "off by one")?.status).toBe("survived");
  expect(await readFile(join(project, "app.py"), "utf8")).toBe(app);
});
