import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

/**
 * Run by itself: turns every TypeScript file of a folder into JavaScript. Types are taken out once, when the toolbox is
 * made, and not at each start of a pod: that would be most of the agent's time to start.
 */
const folder = process.argv[2];
if (folder === undefined) throw new Error("name the folder");
for (const name of await readdir(folder, { recursive: true })) {
  if (!name.endsWith(".ts")) continue;
  const path = join(folder, name);
  const code = stripTypeScriptTypes(await readFile(path, "utf8")).replaceAll(/(from "\.[^"\n]*)\.ts"/g, '$1.js"');
  await writeFile(path.replace(/\.ts$/, ".js"), code);
  await rm(path);
}
