/**
 * `npm run generate`: writes docs/reference/ from the schemas of dojang.yml and of Compose files. With --check nothing is written, and a file that is not what would be written fails.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { composeReference } from "../packages/dojang/src/config/compose-reference.ts";
import { dojangFileJsonSchema, dojangFileReference } from "../packages/dojang/src/config/reference.ts";
import { exerciseJsonSchema } from "../packages/judge/src/exercise/exercise-json-schema.ts";
import { differencesPage } from "../tests/differential/differences-page.ts";

const root = join(import.meta.dirname, "..");
const generated: readonly { path: string; text: string }[] = [
  { path: "docs/reference/dojang.schema.json", text: `${JSON.stringify(dojangFileJsonSchema(), undefined, 2)}\n` },
  { path: "docs/reference/dojang-yml.md", text: dojangFileReference() },
  { path: "docs/reference/compose.md", text: composeReference() },
  { path: "docs/reference/exercise.schema.json", text: `${JSON.stringify(exerciseJsonSchema(), undefined, 2)}\n` },
  { path: "docs/reference/mock-differences.md", text: differencesPage() },
];

if (process.argv.includes("--check")) {
  const stale = generated.filter(({ path, text }) => readOrNothing(join(root, path)) !== text);
  for (const { path } of stale) console.error(`${path} is stale: run \`npm run generate\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { path, text } of generated) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
