/**
 * `npm run demo`: the main job on the sample system. Says what this machine permits, checks the configuration, then proves the
 * system as `dojang run` does anywhere else. Ends with the verdict's exit code and the place of the report.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const example = join(root, "examples", "todo");

function dojang(...args: readonly string[]): number {
  process.stderr.write(`\n$ dojang ${args.map((arg) => arg.replace(`${root}/`, "")).join(" ")}\n`);
  return spawnSync(process.execPath, [join(root, "packages", "dojang", "bin", "dojang.js"), ...args], { stdio: "inherit" }).status ?? 70;
}

function demo(): number {
  const able = dojang("doctor");
  if (able !== 0) return able;
  const checked = dojang("check", example);
  if (checked !== 0) return checked;
  return dojang("run", example, ...process.argv.slice(2));
}

process.exitCode = demo();
