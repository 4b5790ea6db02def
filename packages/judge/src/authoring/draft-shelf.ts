import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { Problem } from "@dojang/model";
import type { ProgramFiles } from "../contract.ts";
import { type MadeFile, madeFileName, madeFileText, readMadeFile } from "../exercise/made-file.ts";

/**
 * The folder of drafts: ID/ is a proven one, dropped/ID/ one that is not, approved/ID/made.yml how one was made that has left, calls/ the answers
 * that were paid for, .work/ what is under way. A folder of a draft is whole or not there.
 */
export interface DraftShelf {
  readonly folder: string;
}

export interface Draft {
  readonly id: string;
  readonly folder: string;
  readonly made: MadeFile;
  /** Some file is not as it was when it was proven. */
  readonly changed: boolean;
}

export const callsFolder = (shelf: DraftShelf) => join(shelf.folder, "calls");

/** Proven and dropped ones, as they lie there. */
export async function listDrafts(shelf: DraftShelf): Promise<readonly Draft[]> {
  const found: Draft[] = [];
  for (const parent of [shelf.folder, join(shelf.folder, "dropped")])
    for (const name of await folderNames(parent)) {
      const draft = await readDraft(join(parent, name));
      if (draft !== undefined) found.push(draft);
    }
  return found;
}

export async function readDraft(folder: string): Promise<Draft | undefined> {
  const made = await readMadeFile(folder);
  if (made === undefined) return undefined;
  const changed = made.proof !== undefined && made.proof.content !== (await contentHash(folder));
  return { id: relative(dirname(folder), folder), folder, made, changed };
}

/** The draft of an order, wherever it has gone; dropped ones are tried again. */
export async function findByOrder(
  shelf: DraftShelf,
  order: string,
): Promise<{ readonly id: string; readonly folder: string; readonly made: MadeFile } | undefined> {
  for (const id of await folderNames(shelf.folder)) {
    const folder = join(shelf.folder, id);
    const made = await readMadeFile(folder);
    if (made?.order === order) return { id, folder, made };
  }
  for (const id of await folderNames(join(shelf.folder, "approved"))) {
    const folder = join(shelf.folder, "approved", id);
    const made = await readMadeFile(folder);
    if (made?.order === order) return { id, folder, made };
  }
  return undefined;
}

/** Where a candidate is proven: under its final name, for an exercise is called like its folder. */
export async function openWork(
  shelf: DraftShelf,
  { id, order, files }: { readonly id: string; readonly order: string; readonly files: (id: string) => ProgramFiles },
) {
  const free = await freeName(shelf.folder, id);
  const folder = join(workFolder(shelf, order), free);
  await rm(workFolder(shelf, order), { recursive: true, force: true });
  for (const [path, text] of Object.entries(files(free))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return { id: free, folder };
}

export async function keepProven(
  shelf: DraftShelf,
  { id, folder, made }: { readonly id: string; readonly folder: string; readonly made: MadeFile },
): Promise<string> {
  await writeFile(join(folder, madeFileName), madeFileText(made));
  const target = join(shelf.folder, id);
  await rename(folder, target);
  await forgetDropped(shelf, made.order);
  await rm(workFolder(shelf, made.order), { recursive: true, force: true });
  return target;
}

/** `answer` is what could not become files. */
export async function keepDropped(
  shelf: DraftShelf,
  { id, folder, answer, made }: { readonly id: string; readonly folder?: string; readonly answer?: string; readonly made: MadeFile },
): Promise<string> {
  await forgetDropped(shelf, made.order);
  const target = join(shelf.folder, "dropped", await freeName(join(shelf.folder, "dropped"), id));
  if (folder === undefined) await mkdir(target, { recursive: true });
  else {
    await mkdir(dirname(target), { recursive: true });
    await rename(folder, target);
  }
  if (answer !== undefined) await writeFile(join(target, "answer.txt"), answer);
  const { dropped } = made;
  const withContent = dropped === undefined ? made : { ...made, dropped: { ...dropped, content: await contentHash(target) } };
  await writeFile(join(target, madeFileName), madeFileText(withContent));
  await rm(workFolder(shelf, made.order), { recursive: true, force: true });
  return target;
}

/** One that was dropped and mended by hand leaves the dropped ones, unless there is another one of its name. */
export async function liftDropped(folder: string): Promise<string> {
  const parent = dirname(folder);
  const target = join(dirname(parent), basename(folder));
  if (basename(parent) !== "dropped" || (await lstat(target).catch(() => undefined)) !== undefined) return folder;
  await rename(folder, target);
  return target;
}

/** Of all files but made.yml, with their paths: a change of any is another hash. */
export async function contentHash(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => !one.isDirectory()).map((one) => join(one.parentPath, one.name));
  for (const path of paths.sort()) {
    const name = relative(folder, path);
    if (name === madeFileName) continue;
    if (!(await lstat(path)).isFile())
      throw new Problem({
        code: "draft-no-plain-file",
        exit: "configuration",
        message: "this is no plain file",
        fix: "remove it: an exercise holds plain files alone",
        place: { file: path },
      });
    const content = await readFile(path);
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

const workFolder = (shelf: DraftShelf, order: string) => join(shelf.folder, ".work", order.slice(0, 16));

/** Of an order that is dropped again, or holds now. What a person has changed stays. */
async function forgetDropped(shelf: DraftShelf, order: string): Promise<void> {
  const parent = join(shelf.folder, "dropped");
  for (const name of await folderNames(parent)) {
    const folder = join(parent, name);
    const made = await readMadeFile(folder);
    if (made?.state === "dropped" && made.order === order && made.dropped?.content === (await contentHash(folder)))
      await rm(folder, { recursive: true });
  }
}

const mostOfOneName = 100;
const ownNames = new Set(["calls", "dropped", "approved"]);

async function freeName(parent: string, id: string): Promise<string> {
  const taken = new Set([...(await readdir(parent).catch(() => [])), ...ownNames]);
  for (let number = 1; number <= mostOfOneName; number++) {
    const name = number === 1 ? id : `${id}-${number}`;
    if (!taken.has(name)) return name;
  }
  throw new Problem({
    code: "drafts-full",
    exit: "configuration",
    message: `there are ${mostOfOneName} drafts called ${id}`,
    fix: "approve some or remove them",
    place: { file: parent },
  });
}

async function folderNames(parent: string): Promise<readonly string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries
    .filter((one) => one.isDirectory() && !one.name.startsWith("."))
    .map((one) => one.name)
    .sort();
}
