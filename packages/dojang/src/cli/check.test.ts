import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkCommand } from "./check.ts";
import { initCommand } from "./init.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dojang-cli-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

/** Runs a command as the program would, and returns what it wrote to stdout. */
async function run(...words: string[]): Promise<string> {
  const written: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => written.push(String(chunk)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  const context = { signal: new AbortController().signal, environment: {} };
  await new Command().exitOverride().addCommand(checkCommand(context)).addCommand(initCommand(context)).parseAsync(words, { from: "user" });
  vi.restoreAllMocks();
  return written.join("");
}

const dojangFile = () => join(directory, "dojang.yml");

test("check prints what it understood and ends with 0", async () => {
  writeFileSync(
    dojangFile(),
    "version: 1\nname: shop\njobs: { unit: { steps: [{ run: x }] }, more: { needs: [unit], steps: [{ run: y }] } }\n",
  );
  writeFileSync(join(directory, "compose.yaml"), "services: { db: { image: postgres:16, healthcheck: { test: pg_isready } } }\n");
  const said = await run("check", directory);
  expect(said).toContain("project shop");
  expect(said).toContain("db: image postgres:16; healthy when `pg_isready` succeeds");
  expect(said).toContain("more: steps, after unit");
  expect(said).toContain("ok: 0 errors, 0 warnings, 0 notes");
  expect(process.exitCode).toBeUndefined();
});

test("check prints every finding and ends with 2", async () => {
  writeFileSync(dojangFile(), "version: 1\njobs: { unit: { stesp: [{ run: x }] } }\n");
  const said = await run("check", directory);
  expect(said).toContain('dojang.yml:2:17 jobs.unit.stesp: unknown key "stesp"; did you mean "steps"?');
  expect(said).toContain("not ok: 2 errors");
  expect(process.exitCode).toBe(2);
});

test("check --json is one document with findings and what was understood", async () => {
  writeFileSync(dojangFile(), "version: 1\njobs: { unit: { steps: [{ run: x }] } }\n");
  expect(JSON.parse(await run("check", directory, "--json"))).toMatchObject({
    ok: true,
    findings: [],
    project: { jobs: { unit: { kind: "steps" } } },
  });
});

test("check of a folder without dojang.yml is a Problem", async () => {
  await expect(run("check", directory)).rejects.toMatchObject({ code: "dojang-file-missing", exitCode: 2 });
});

test("init writes a file that check accepts, and never over one that exists", async () => {
  writeFileSync(join(directory, "package.json"), '{"scripts":{"test":"node --test"}}');
  expect(await run("init", directory)).toContain("wrote ");
  const written = readFileSync(dojangFile(), "utf8");
  expect(await run("check", directory)).toContain("ok: 0 errors");
  writeFileSync(dojangFile(), "mine");
  await expect(run("init", directory)).rejects.toMatchObject({ code: "dojang-file-exists", exitCode: 2 });
  expect(readFileSync(dojangFile(), "utf8")).toBe("mine");
  await run("init", directory, "--force");
  expect(readFileSync(dojangFile(), "utf8")).toBe(written);
});

test("init --print writes nothing", async () => {
  expect(await run("init", directory, "--print")).toContain("version: 1");
  await expect(run("check", directory)).rejects.toMatchObject({ code: "dojang-file-missing" });
});
