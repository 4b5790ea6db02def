import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { machineChecks } from "./machine-checks.ts";
import { probeDoctor } from "./probe-doctor.ts";
import { programChecks } from "./program-checks.ts";

test("every check says what it saw, and what is not well says how to mend it", async () => {
  const home = await mkdtemp(join(tmpdir(), "dojang-doctor-"));
  await chmod(home, 0o755);
  const checks = await probeDoctor({ home, signal: new AbortController().signal });
  await rm(home, { recursive: true });
  expect(checks.length).toBeGreaterThan(10);
  for (const check of checks) {
    expect(check.seen, check.name).not.toBe("");
    expect(check.state === "ok", `${check.name}: ${check.fix}`).toBe(check.fix === "");
  }
  expect(new Set(checks.map((check) => check.name)).size).toBe(checks.length);
});

test("a program nobody installed is degraded, with the package that brings it", async () => {
  const checks = await programChecks({ platform: "linux", programs: [], clientFolders: [], standIns: "/none" });
  expect(checks.find((check) => check.name === "nginx")).toEqual({
    name: "nginx",
    state: "degraded",
    seen: "not installed; its image cannot be used",
    fix: "`sudo apt-get install -y nginx`",
  });
});

test("a state folder that does not exist yet is judged by what is above it", async () => {
  const home = await mkdtemp(join(tmpdir(), "dojang-doctor-"));
  await chmod(home, 0o700);
  const checks = await machineChecks(join(home, "not", "yet"));
  await rm(home, { recursive: true });
  const folder = checks.find((check) => check.name === "state folder");
  if (process.getuid?.() === 0) {
    expect(folder).toMatchObject({ state: "missing" });
    expect(folder?.fix).toContain(`chmod o+x ${home}`);
  } else expect(folder?.state).toBe("ok");
});
