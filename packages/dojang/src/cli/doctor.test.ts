import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const program = join(import.meta.dirname, "../../bin/dojang.js");

test("the doctor says what environments would run on, and ends with 0 when something can", async () => {
  const home = await mkdtemp(join(tmpdir(), "dojang-doctor-"));
  await chmod(home, 0o755);
  const { code, stdout } = await doctor(home, "--json");
  await rm(home, { recursive: true });
  const answer = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(answer).toMatchObject({ ok: true });
  expect(["sandbox", "host"]).toContain(answer.level);
  expect(answer.checks.length).toBeGreaterThan(10);
});

test("a state folder that cannot be made is a finding with its fix, and ends with 3", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dojang-doctor-"));
  const file = join(folder, "file");
  await writeFile(file, "");
  const { code, stdout } = await doctor(join(file, "home"));
  await rm(folder, { recursive: true });
  expect(code).toBe(3);
  expect(stdout).toContain("nothing can run on this machine");
  expect(stdout).toMatch(/MISS {2}state folder: .*\n {6}fix: set DOJANG_HOME/);
});

function doctor(home: string, ...flags: string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, DOJANG_HOME: home };
    execFile(process.execPath, [program, "doctor", ...flags], { env }, (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), stdout }),
    );
  });
}
