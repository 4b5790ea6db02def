import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { makeLimitGroup } from "./limit-group.ts";

const limits = { timeMs: 1_000, processes: 8, memoryBytes: 64 * 1024 ** 2, outputBytes: 1024, diskBytes: 1024 ** 2 };

test("groups of a judge that was killed are taken away by the next one", async ({ skip }) => {
  const module = join(import.meta.dirname, "limit-group.ts");
  const killed = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `const { makeLimitGroup } = await import(${JSON.stringify(module)});
      const { enter } = await makeLimitGroup(${JSON.stringify(limits)}, 0);
      console.log(enter.join("\\n"));
      process.kill(process.pid, "SIGKILL");`,
    ],
    { encoding: "utf8" },
  );
  const left = killed.stdout.split("\n").filter(Boolean).map(dirname);
  if (left.length === 0) skip("control groups are not ours to make here");
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  expect(left.map((folder) => basename(folder).startsWith("judge-") && existsSync(folder))).not.toContain(false);
  const own = await makeLimitGroup(limits, 0);
  try {
    expect(left.filter((folder) => existsSync(folder))).toEqual([]);
  } finally {
    await own.remove();
  }
});
