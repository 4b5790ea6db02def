import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, matchesGlob } from "node:path";

/** What of a build context goes into a build: everything but .git and what .dockerignore leaves out. */
export interface ContextFiles {
  /** Relative; folders before what is in them. */
  readonly paths: readonly string[];
  /** Over paths, kinds, executable bits and contents. */
  readonly digest: string;
}

const executable = 0o111;

export async function readContextFiles(context: string): Promise<ContextFiles> {
  const ignored = ignoreRules(await readFile(join(context, ".dockerignore"), "utf8").catch(() => ""));
  const hash = createHash("sha256");
  const paths: string[] = [];
  const visit = async (inside: string): Promise<void> => {
    const entries = (await readdir(join(context, inside), { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
      if (path === ".git" || (ignored.leavesOut(path) && !(entry.isDirectory() && ignored.mayTakeBack))) continue;
      if (entry.isDirectory()) {
        if (!ignored.leavesOut(path)) paths.push(path);
        await visit(path);
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        paths.push(path);
        await addTo(hash, context, path);
      }
    }
  };
  await visit("");
  return { paths, digest: hash.digest("hex") };
}

async function addTo(hash: ReturnType<typeof createHash>, context: string, path: string): Promise<void> {
  const full = join(context, path);
  const found = await lstat(full);
  if (found.isSymbolicLink()) {
    hash.update(`l ${path}\0${await readlink(full)}\0`);
    return;
  }
  hash.update(`f ${path}\0${found.mode & executable ? "x" : "-"} ${found.size}\0`);
  for await (const chunk of createReadStream(full)) hash.update(chunk);
}

export interface IgnoreRules {
  leavesOut(path: string): boolean;
  /** A `!` rule may lie below a folder that is left out. */
  readonly mayTakeBack: boolean;
}

/** Docker's rules: a pattern leaves out what it matches and everything below, `!` takes back, the last that matches counts. */
export function ignoreRules(text: string): IgnoreRules {
  const rules = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ back: line.startsWith("!"), pattern: cleaned(line.replace(/^!/, "")) }))
    .filter((rule) => rule.pattern !== "");
  return {
    mayTakeBack: rules.some((rule) => rule.back),
    leavesOut: (path) => {
      const folders = path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
      return rules.reduce((out, { back, pattern }) => (folders.some((one) => matchesGlob(one, pattern)) ? !back : out), false);
    },
  };
}

function cleaned(pattern: string): string {
  return pattern
    .trim()
    .replace(/^\.?\/+/, "")
    .replace(/\/+$/, "");
}
