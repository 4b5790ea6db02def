import { readFile, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Problem } from "@dojang/model";
import { withinReach } from "../sandbox/within-reach.ts";

/** vitest's own assertions and spies, with what they stand on, as folders to show in a sandbox: starting all of vitest takes longer than a submission may. */
export interface VitestParts {
  readonly folders: readonly { readonly from: string; readonly path: string }[];
}

let parts: Promise<VitestParts> | undefined;

export function vitestParts(): Promise<VitestParts> {
  parts ??= findParts();
  return parts;
}

const wanted = ["@vitest/expect", "@vitest/spy"];
const most = 100;

async function findParts(): Promise<VitestParts> {
  const found = new Map<string, string>();
  const waiting: { name: string; from: string }[] = wanted.map((name) => ({ name, from: import.meta.dirname }));
  for (let next = waiting.pop(); next !== undefined && found.size < most; next = waiting.pop()) {
    if (found.has(next.name)) continue;
    const folder = await packageFolder(next.name, next.from);
    found.set(next.name, folder);
    // Written by npm.
    const { dependencies = {} } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    for (const name of Object.keys(dependencies)) waiting.push({ name, from: folder });
  }
  const folders = [...found].map(async ([name, from]) => ({ from: await withinReach(from), path: `/runner/node_modules/${name}` }));
  return { folders: await Promise.all(folders) };
}

async function packageFolder(name: string, from: string): Promise<string> {
  for (const folder of createRequire(join(from, "x.js")).resolve.paths(name) ?? []) {
    const candidate = join(folder, name);
    const there = await realpath(join(candidate, "package.json")).catch(() => undefined);
    if (there !== undefined) return dirname(there);
  }
  throw new Problem({
    code: "judge-no-vitest",
    exit: "infrastructure",
    message: `${name} is not installed, which submissions that use vitest need`,
    fix: "npm install @vitest/expect @vitest/spy beside the judge, or write the tests with node:test",
  });
}
