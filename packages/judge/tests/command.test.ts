import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CommandOptions, type Ended, runCommand } from "./judge-command.ts";

const exercises = join(import.meta.dirname, "../../../exercises");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-judge-command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], during?: CommandOptions["during"], within?: readonly string[]): Promise<Ended> {
  return runCommand(args, { during, within });
}

/** Of a process's own children, while they run. */
function childrenOf(pid: number | undefined): readonly string[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return children.filter((one) => one !== "").map((one) => readFileSync(`/proc/${one}/comm`, "utf8").trim());
}

const put = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("dojang-judge", () => {
  test("accepts the known tests with 0 and explains what was caught in Korean", async () => {
    const { code, stdout, stderr } = await run([
      "submit",
      join(exercises, "ticket-price"),
      join(exercises, "ticket-price/tests/known/test_known.py"),
      "--lang",
      "ko",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^accepted: /);
    expect(stdout).toContain("6세는 아직 무료인데");
  });

  test("ends with 1 for survivors, and keeps to itself which", async () => {
    const { code, stdout } = await run([
      "submit",
      join(exercises, "ticket-price"),
      join(exercises, "ticket-price/starter/test_starter.py"),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^survivors: 10 of 10/);
    expect(stdout).not.toContain("six-pays");
  });

  test("writes one JSON object, and repeats the order of a seed", async () => {
    const args = [
      "submit",
      join(exercises, "page-of-list"),
      join(exercises, "page-of-list/tests/known/known.test.ts"),
      "--json",
      "--seed",
      "5",
    ];
    const { code, stdout } = await run(args);
    const judgement = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(judgement).toMatchObject({ exercise: "page-of-list", verdict: "accepted", score: 1, seed: 5 });
    expect(judgement.variants).toHaveLength(10);
  });

  test("judges strictly when asked, and says in its help what that is", { timeout: 240_000 }, async () => {
    const known = ["submit", join(exercises, "page-of-list"), join(exercises, "page-of-list/tests/known/known.test.ts"), "--json"];
    const [strict, usual] = [await run([...known, "--strict"]), await run(known)];
    // One reference three times, two decoys, ten variants; the usual way looks at one of them twice.
    expect(JSON.parse(strict.stdout)).toMatchObject({ verdict: "accepted", score: 1, runs: 15 });
    expect(JSON.parse(usual.stdout)).toMatchObject({ verdict: "accepted", score: 1, runs: 16 });
    expect((await run(["submit", "--help"])).stdout).toMatch(/--strict +a new sandbox for each run/);
  });

  test("shows the kill matrix", async () => {
    const { code, stdout } = await run(["matrix", join(exercises, "ticket-price")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^test_six_is_free +( {2}\.){7} {2}x/m);
  });

  test("proves an exercise with 0, and says with 1 what does not hold", async () => {
    const broken = join(folder, "ticket-price");
    cpSync(join(exercises, "ticket-price"), broken, { recursive: true });
    writeFileSync(join(broken, "variants/six-pays/src/solution.py"), "import nothing_there\n");
    cpSync(join(broken, "variants/seven-free/src/solution.py"), join(broken, "decoys/a/solution.py"));
    writeFileSync(
      join(broken, "variants/true-is-one/src/solution.py"),
      `${"\n"}${(await import("node:fs")).readFileSync(join(broken, "reference/solution.py"), "utf8")}`,
    );
    const { code, stdout } = await run(["check", broken, "--json"]);
    expect(code).toBe(1);
    const codes = JSON.parse(stdout).findings.map(
      (one: { code: string; place: { file: string } }) => `${one.code} ${one.place.file.slice(broken.length + 1)}`,
    );
    expect(codes).toEqual([
      "check-false-alarm decoys/a",
      "check-not-loaded variants/six-pays/src",
      "check-not-killed variants/true-is-one/src",
      "check-decoy-differs decoys/a",
      "check-variant-same variants/true-is-one/src",
    ]);
  });

  test("ends with 2 for mistakes of the user, with what to do", async () => {
    const nothing = await run(["submit", join(folder, "nothing"), put("t.py", "")]);
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toContain("exercise.yml");
    const noFile = await run(["submit", join(exercises, "ticket-price"), join(folder, "none.py"), "--json"]);
    expect(noFile.code).toBe(2);
    expect(JSON.parse(noFile.stdout).problem).toMatchObject({ code: "submission-unreadable", fix: expect.stringContaining("name a file") });
    expect((await run(["sumbit"])).stderr).toContain("submit");
    expect((await run([])).code).toBe(2);
  });

  test("ends with 3 when the machine lacks what it needs", async () => {
    const { code, stderr } = await run(["check", join(exercises, "ticket-price"), "--python", "/nowhere/python3"]);
    expect(code).toBe(3);
    expect(stderr).toContain("/nowhere/python3");
    expect(stderr).toContain("apt-get install");
  });

  test.each(["ticket-price", "page-of-list"])("ends with 3 where nothing can be shut in, and says what to allow: %s", async (id) => {
    // A namespace whose root is this user and nobody else, and in which there will be no other.
    const without = ["bwrap", "--unshare-user", "--disable-userns", "--dev-bind", "/", "/"];
    const { code, stdout } = await run(["check", join(exercises, id), "--json"], undefined, without);
    expect(code).toBe(3);
    const isRoot = process.getuid?.() === 0;
    expect(JSON.parse(stdout).problem).toMatchObject({
      code: isRoot ? "judge-no-guests" : "namespaces-refused",
      fix: expect.stringContaining(isRoot ? "user without privileges" : "user namespaces"),
    });
  });

  test("ends with 130 when interrupted, and leaves nothing running", async () => {
    const slow = put("test_slow.py", "import time\ntime.sleep(2.5)\ndef test_it(): pass\n");
    const { code } = await run(["submit", join(exercises, "ticket-price"), slow], async (child) => {
      await vi.waitFor(() => expect(childrenOf(child.pid)).toContain("bwrap"), { timeout: 30_000, interval: 20 });
      child.kill("SIGINT");
    });
    expect(code).toBe(130);
  });

  test("imports a collection: 0 when all of it was made, 1 with the reason when one was refused", async () => {
    for (const made of ["src", "bugs/half"]) mkdirSync(join(folder, made), { recursive: true });
    put("src/half.py", "def half(x):\n    return x / 2\n");
    put("bugs/half/floor.py", "def half(x):\n    return x // 2\n");
    put("test_half.py", "from half import half\ndef test_odd(): assert half(3) == 1.5\n");
    const patterns = ["--correct", "src/{name}.py", "--buggy", "bugs/{name}/*.py", "--tests", "test_{name}.py"];
    const first = await run(["import", folder, ...patterns, "--into", join(folder, "made")]);
    expect(first).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^imported half: 1 variant, proven by its tests\n/) });
    expect((await run(["check", join(folder, "made/half")])).stdout).toMatch(
      /^ok {6}half: 1 known tests, 1 variants\n.*there are fewer than two decoys/s,
    );
    const again = await run(["import", folder, ...patterns, "--into", join(folder, "made"), "--json"]);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ id: "half", refused: expect.stringContaining("is there already") });
    const wrong = await run(["import", folder, ...patterns.with(1, "src/half.py"), "--into", join(folder, "made")]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("{name}") });
  });
});
