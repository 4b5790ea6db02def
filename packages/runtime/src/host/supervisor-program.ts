import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeDraft } from "../draft-folder.ts";
import { hostHome } from "./host-folder.ts";

const sources = join(import.meta.dirname, "..");

/**
 * The supervisor without its types, in `<home>/host/program/<hash>`. It runs for as long as a release lives, many at once: the part of
 * Node that takes types out would be most of its memory. It is also what it was when Dojang is replaced under it.
 */
export async function placeSupervisor(home: string): Promise<string> {
  const entry = resolve(import.meta.dirname, `supervisor-main${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`);
  // Where Dojang is installed as JavaScript there is nothing to do.
  if (entry.endsWith(".js")) return entry;
  const files = await reachable(entry);
  const hash = createHash("sha256").update(process.version);
  for (const [path, text] of [...files].sort(([a], [b]) => a.localeCompare(b))) hash.update(`${relative(sources, path)}\n${text}\n`);
  const folder = join(hostHome(home), "program", hash.digest("hex").slice(0, 16));
  const program = join(folder, relative(sources, entry).replace(/\.ts$/, ".js"));
  if (await exists(program)) return program;
  await mkdir(dirname(folder), { recursive: true, mode: 0o711 });
  const draft = await makeDraft(dirname(folder));
  try {
    for (const [path, text] of files) {
      const target = join(draft, relative(sources, path));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    await writeFile(join(draft, "package.json"), '{ "type": "module" }\n');
    // A process of its own, for there is no other way to do it without a warning on the user's terminal.
    const stripper = fileURLToPath(import.meta.resolve("../sandbox/strip-types.ts"));
    await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", stripper, draft]);
    await rename(draft, folder).catch(async (error: unknown) => {
      // Another start was quicker with the same content.
      if (!(await exists(program))) throw error;
    });
    return program;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A module and all that it imports of ours, with their text. Imports of types alone are gone by the time it runs. */
async function reachable(entry: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (found.has(path)) continue;
    const text = await readFile(path, "utf8");
    found.set(path, text);
    for (const [, specifier = ""] of text.matchAll(/^(?:import (?!type\b)[^;]*?|export [^;]*?|\} )from "(\.[^"]+)";$/gm))
      pending.push(resolve(dirname(path), specifier));
  }
  return found;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
