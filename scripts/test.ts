/** `npm test`: every test of the repository, on real processes. Arguments go to vitest. */
import { spawnSync } from "node:child_process";

const done = spawnSync("vitest", ["run", ...process.argv.slice(2)], { stdio: "inherit" });
process.exitCode = done.status ?? 70;
