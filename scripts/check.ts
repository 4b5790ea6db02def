/** `npm run check`: everything about the sources that can be said without running them. Runs all, then says which failed. */
import { spawnSync } from "node:child_process";

const checks: readonly { name: string; command: readonly string[] }[] = [
  { name: "format, lint and imports", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "types of the report's page", command: ["tsc", "-p", "packages/dojang/src/report/client"] },
  { name: "unused code and dependencies", command: ["knip"] },
  { name: "generated files", command: ["node", "scripts/generate-reference.ts", "--check"] },
];

const failed = checks.filter(({ name, command }) => {
  const started = performance.now();
  const done = spawnSync(command[0] ?? "", command.slice(1), { stdio: "inherit" });
  console.log(`${done.status === 0 ? "ok    " : "FAILED"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return done.status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
