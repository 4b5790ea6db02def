import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDraft } from "@dojang/runtime";
import { makeBundle } from "./make-bundle.ts";

/** A program of Dojang's that runs inside environments: a folder of its own, for guests see no package of Dojang's. */
export interface GuestProgram {
  /** Of its folder below the state folder: "mock-program". */
  readonly name: string;
  /** A module beside the program's entry, `environment-main.ts`: its package is found by it. */
  readonly besideEntry: string;
}

export const mockProgram: GuestProgram = { name: "mock-program", besideEntry: import.meta.resolve("@dojang/mock/environment") };
export const loadProgram: GuestProgram = { name: "load-program", besideEntry: import.meta.resolve("@dojang/load/environment") };

const programFile = "environment.mjs";
/** Beside the entry in an installed package. */
const installedFolder = "environment-program";

/**
 * The folder with the program, made at the first use for this version of it. An installed Dojang brings it along; one
 * that runs from its sources bundles it from them, so that what is tested is never older than what is written.
 */
export async function placeProgram(home: string, { name, besideEntry }: GuestProgram): Promise<string> {
  const format = fileURLToPath(besideEntry);
  const fromSources = format.endsWith(".ts");
  const packageFolder = join(dirname(format), "..", "..");
  const identity = fromSources ? await sourcesHash(packageFolder) : await fileHash(join(dirname(format), installedFolder, programFile));
  const folder = join(home, name, identity);
  if (await exists(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const staging = await makeDraft(dirname(folder));
  try {
    const made = join(staging, "program");
    await mkdir(made, { mode: 0o755 });
    if (fromSources) await makeBundle({ entry: join(dirname(format), "environment-main.ts"), folder: made });
    else await cp(join(dirname(format), installedFolder), made, { recursive: true });
    await rename(made, folder).catch(async (error: unknown) => {
      // Another process was quicker with the same version.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return folder;
}

/** Its own sources, those of the model it imports, and the manifest that names the versions of the rest. */
async function sourcesHash(packageFolder: string): Promise<string> {
  const model = join(dirname(fileURLToPath(import.meta.resolve("@dojang/model"))));
  const hash = createHash("sha256");
  for (const folder of [join(packageFolder, "src"), model]) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(`${file.slice(folder.length)}\0`).update(await readFile(file));
  }
  return hash
    .update(await readFile(join(packageFolder, "package.json")))
    .update(process.version)
    .digest("hex")
    .slice(0, 16);
}

async function fileHash(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex")
    .slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
