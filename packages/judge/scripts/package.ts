// package.ts [FOLDER]: writes the package for those who have only npm into FOLDER (default dist/package).
import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { packageCommand } from "../../../scripts/package-command.ts";

const source = resolve(import.meta.dirname, "..");
const target = resolve(process.argv[2] ?? join(source, "dist/package"));
await packageCommand({ source, target });
// What runs inside of sandboxes is no module of ours: it is read as text, beside the file that asks for it.
for (const folder of ["python/judge_runner", "typescript"])
  cpSync(join(source, "src/engines", folder), join(target, "dist", folder), { recursive: true });
// And what models are asked.
cpSync(join(source, "prompts"), join(target, "dist/prompts"), { recursive: true });
process.stdout.write(`${target}\n`);
