/**
 * `npm run demo`: the main job on the sample system. Says what this machine permits, checks the configuration, then proves the
 * system as `dojang run` does anywhere else. Ends with the verdict's exit code and the place of the report.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const example = join(root, "examples", "todo");
const command = join(root, "packages", "dojang", "bin", "dojang.js");

function dojang(...args: readonly string[]): number {
  process.stderr.write(`\n$ dojang ${args.map((arg) => arg.replace(`${root}/`, "")).join(" ")}\n`);
  return spawnSync(process.execPath, [command, ...args], { stdio: "inherit" }).status ?? 70;
}

interface DoctorCheck {
  readonly name: string;
  readonly state: string;
  readonly seen: string;
}

/** What the sample system's services need of this machine. Without it the jobs that start no service are still proved. */
const programsOfServices = ["PostgreSQL", "Redis or Valkey"];
const jobsWithoutServices = ["lint", "unit", "config", "image"];

function missingPrograms(): readonly DoctorCheck[] {
  const doctor = spawnSync(process.execPath, [command, "doctor", "--json"], { encoding: "utf8" });
  // The shape is the command's own.
  const { checks } = JSON.parse(doctor.stdout) as { checks: readonly DoctorCheck[] };
  return checks.filter((check) => check.state === "missing" && programsOfServices.includes(check.name));
}

function demo(): number {
  const able = dojang("doctor");
  if (able !== 0) return able;
  const checked = dojang("check", example);
  if (checked !== 0) return checked;
  const missing = missingPrograms();
  if (missing.length === 0) return dojang("run", example, ...process.argv.slice(2));
  for (const { name, seen } of missing)
    process.stderr.write(`left out: jobs integration and linked, because ${name} is not here (${seen})\n`);
  return dojang("run", example, "--job", ...jobsWithoutServices);
}

process.exitCode = demo();
