import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const command = join(import.meta.dirname, "../bin/dojang-judge.js");
const exercises = join(import.meta.dirname, "../../../exercises");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-judge-command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], onOutput?: (kill: () => void) => void): Promise<Ended> {
  const child = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  onOutput?.(() => child.kill("SIGINT"));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
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

  test("ends with 130 when interrupted, and leaves nothing running", async () => {
    const slow = put("test_slow.py", "import time\ntime.sleep(2.5)\ndef test_it(): pass\n");
    const { code } = await run(["submit", join(exercises, "ticket-price"), slow], (kill) => void setTimeout(kill, 1_500));
    expect(code).toBe(130);
  });
});
