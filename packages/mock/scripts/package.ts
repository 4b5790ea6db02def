// package.ts [FOLDER]: writes the package for those who have only npm into FOLDER (default dist/package).
import { join, resolve } from "node:path";
import { packageCommand } from "../../../scripts/package-command.ts";

const source = resolve(import.meta.dirname, "..");
const target = resolve(process.argv[2] ?? join(source, "dist/package"));
await packageCommand({ source, target });
process.stdout.write(`${target}\n`);
