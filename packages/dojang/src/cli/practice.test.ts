import { appendFileSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makeTestHome } from "../store/test-store.ts";
import { practiceCommand } from "./practice.ts";

const exercises = join(import.meta.dirname, "../../../../exercises");
let home = "";
let folder = "";
beforeAll(async () => {
  home = await makeTestHome();
});
afterAll(() => rm(home, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-practice-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

interface Ended {
  readonly said: string;
  /** On standard error. */
  readonly told: string;
  readonly code: number;
}

/** Runs the command as the program would; a Problem comes out as it is. */
async function practice(words: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const written: string[] = [];
  const told: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => written.push(String(chunk)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => told.push(String(chunk)) > 0);
  process.exitCode = undefined;
  const signal = AbortSignal.timeout(100_000);
  const context = { signal, environment: { DOJANG_HOME: home, SUDO_USER: "mina", LANG: "en_US.UTF-8", ...environment } };
  try {
    await new Command()
      .exitOverride()
      .addCommand(practiceCommand(context))
      .parseAsync(["practice", ...words], { from: "user" });
  } finally {
    vi.restoreAllMocks();
  }
  return { said: written.join(""), told: told.join(""), code: Number(process.exitCode ?? 0) };
}

async function problemOf(words: readonly string[]): Promise<Problem> {
  const problem = await practice(words).catch((error: unknown) => error);
  if (!(problem instanceof Problem)) throw new Error(`there was no Problem: ${JSON.stringify(problem)}`);
  return problem;
}

describe("a learner's half hour", () => {
  test("in Python and Korean: from the starter to all bugs caught, with what each was about and nothing of the others", async () => {
    const own = join(folder, "ticket-price");
    const tests = join(own, "test_starter.py");
    const korean = { LANG: "ko_KR.UTF-8" };
    const started = await practice(["start", "ticket-price", own], korean);
    expect(started.said).toContain("나이에 따른 표값");
    expect(readdirSync(own).sort()).toEqual([".dojang-practice.json", "statement.md", "test_starter.py"]);
    expect(readFileSync(join(own, "statement.md"), "utf8")).toContain("6세 이하는 무료입니다");

    const tried = await practice(["test", own], korean);
    expect(tried).toMatchObject({ code: 0, said: expect.stringContaining("테스트 1개가 통과합니다") });
    const first = await practice(["submit", own], korean);
    expect(first.code).toBe(1);
    expect(first.said).toContain("아직 잡지 못한 버그가 10개 있습니다");
    expect(first.told).toMatch(/^데이터베이스를 만드는 중입니다\(처음 한 번만\)\n데이터베이스를 시작하는 중입니다\n/);
    expect(first.told).not.toContain("database");
    expect(first.said).not.toMatch(/six-pays|무료인데/);

    appendFileSync(tests, "\n\ndef test_six():\n    assert price(6) == 0\n");
    const second = await practice(["submit", own], korean);
    expect(second.code).toBe(1);
    expect(second.said).toMatch(/1\. six-pays: 잡은 테스트: test_six\n {3}6세는 아직 무료인데/);
    expect(second.said).toContain("아직 잡지 못한 버그가 9개 있습니다");
    expect(second.said).toMatch(/test_six +x(\s+\.){9}\n/);
    expect((await practice(["list"], korean)).said).toMatch(/^ticket-price +쉬움 +python +10개 중 1개 잡음, 2번 제출 +나이에/m);

    copyFileSync(join(exercises, "ticket-price/tests/known/test_known.py"), tests);
    const third = await practice(["submit", own], korean);
    expect(third).toMatchObject({ code: 0, said: expect.stringMatching(/^통과: /) });
    expect((await practice(["list"], korean)).said).toMatch(/^ticket-price +쉬움 +python +해결, 3번 제출 /m);
    expect((await practice(["list"], { SUDO_USER: "jun" })).said).toMatch(/^ticket-price +easy +python +- /m);
  }, 120_000);

  test("in TypeScript and English: a false alarm unlocks nothing, and what was caught once stays explained", async () => {
    const own = join(folder, "bill");
    const tests = join(own, "starter.test.ts");
    const begin = JSON.parse((await practice(["start", "price-with-tax", own, "--json"])).said);
    expect(begin).toEqual({ exercise: "price-with-tax", folder: own, files: ["statement.md", "starter.test.ts"], lang: "en" });
    const starter = readFileSync(tests, "utf8");

    appendFileSync(tests, 'test("wrong", () => assert.equal(bill([], { taxPercent: 10 }).total, 1));\n');
    const tried = await practice(["test", own]);
    expect(tried.code).toBe(1);
    expect(tried.said).toMatch(/✓ adds tax\n {2}✗ wrong/);
    expect(tried.said).toContain("1 of 2 tests fail on the correct program");
    const alarm = JSON.parse((await practice(["submit", own, "--json"])).said);
    expect(alarm).toMatchObject({ verdict: "false_alarm", score: 0, caught: [] });

    copyFileSync(join(exercises, "price-with-tax/tests/known/known.test.ts"), tests);
    const accepted = JSON.parse((await practice(["submit", own, "--json"])).said);
    expect(accepted).toMatchObject({ verdict: "accepted", score: 1, hidden: 0 });
    expect(accepted.caught[0].why).not.toBe("");

    writeFileSync(tests, starter);
    const later = await practice(["submit", own]);
    expect(later.code).toBe(1);
    expect(later.said).toContain("caught by an earlier attempt, not by this one");
    expect(later.said).not.toContain("stays hidden");
    const listed = JSON.parse((await practice(["list", "--json"])).said);
    expect(listed.find((one: { id: string }) => one.id === "price-with-tax")).toMatchObject({ attempts: 3, accepted: true, bestScore: 1 });
  }, 120_000);
});

describe("refusals", () => {
  test("an exercise that is not there: the nearest name is told", async () => {
    const problem = await problemOf(["start", "tiket-price", folder]);
    expect(problem).toMatchObject({
      code: "practice-no-exercise",
      exitCode: 2,
      fix: expect.stringContaining('did you mean "ticket-price"?'),
    });
    expect((await problemOf(["start", "../exercises/ticket-price", folder])).code).toBe("practice-no-exercise");
  });

  test("a folder that holds something is left as it was", async () => {
    writeFileSync(join(folder, "mine.txt"), "mine");
    const problem = await problemOf(["start", "ticket-price", folder]);
    expect(problem).toMatchObject({ code: "practice-folder-not-empty", exitCode: 4, message: expect.stringContaining("mine.txt") });
    expect(readdirSync(folder)).toEqual(["mine.txt"]);
    expect((await problemOf(["start", "ticket-price", join(folder, "mine.txt")])).code).toBe("practice-folder");
  });

  test("a folder in which nothing was started, or whose note says nonsense", async () => {
    expect(await problemOf(["test", folder])).toMatchObject({ code: "practice-not-started", exitCode: 2 });
    writeFileSync(join(folder, ".dojang-practice.json"), '{"exercise":"ticket-price","tests":"../../etc/passwd","lang":"en"}');
    expect(await problemOf(["submit", folder])).toMatchObject({ code: "practice-not-started", exitCode: 2 });
  });

  test("a file of tests that is gone", async () => {
    await practice(["start", "ticket-price", join(folder, "own")]);
    rmSync(join(folder, "own/test_starter.py"));
    const problem = await problemOf(["submit", join(folder, "own")]);
    expect(problem).toMatchObject({
      code: "practice-no-tests",
      exitCode: 2,
      message: expect.stringContaining("test_starter.py is not there"),
    });
  });

  test("tests that are no program: 1, with the line", async () => {
    const own = join(folder, "own");
    await practice(["start", "ticket-price", own]);
    writeFileSync(join(own, "test_starter.py"), "from solution import price\ndef test_(:\n");
    expect(await practice(["test", own])).toMatchObject({ code: 1, said: expect.stringContaining("The tests cannot be read, line 2") });
  });

  test("a shelf without exercises", async () => {
    expect(await problemOf(["list", "--exercises", folder])).toMatchObject({ code: "practice-no-exercises", exitCode: 2 });
  });
});
