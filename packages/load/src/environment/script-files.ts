import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Problem } from "@dojang/model";
import type { ScriptFile } from "./wire-format.ts";

const most = { files: 200, bytes: 4 * 1024 * 1024 };

/**
 * A script and what may lie beside it, to be sent to a generator in an environment: modules and JSON of its folder and those below.
 * Throws a Problem when that is more than an order should carry.
 */
export async function readScriptFiles(module: string): Promise<readonly ScriptFile[]> {
  const folder = dirname(module);
  const files: ScriptFile[] = [];
  let bytes = 0;
  const read = async (at: string): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(at, entry.name);
      if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) await read(path);
      if (!entry.isFile() || !/\.([cm]?[jt]s|json)$/.test(entry.name)) continue;
      const text = await readFile(path, "utf8");
      bytes += text.length;
      files.push({ path: relative(folder, path), text });
      if (files.length > most.files || bytes > most.bytes) throw tooMuch(folder);
    }
  };
  await read(folder);
  return files;
}

function tooMuch(folder: string): Problem {
  return new Problem({
    code: "scenario-script",
    message: `the folder ${folder} has more than ${most.files} modules or ${most.bytes / 1024 / 1024} MiB`,
    fix: "give the script a folder of its own: it is sent into the environment",
    exit: "configuration",
    place: { file: folder },
  });
}
