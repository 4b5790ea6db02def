import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, extname, join } from "node:path";

/**
 * Turns the modules reachable from `entry` into one script without a bundler: types are stripped, imports and the word
 * `export` removed, and the rest put together in order of need inside of one function. That asks of the modules what a test
 * checks: named imports and exports only, no cycles, no name declared at the top of two of them.
 */
export function linkClient(entry: string): string {
  const done: string[] = [];
  const owners = new Map<string, string>();
  const parts: string[] = [];
  const visit = (path: string, above: readonly string[]): void => {
    if (done.includes(path)) return;
    if (above.includes(path)) throw new Error(`client modules need each other: ${[...above, path].join(" -> ")}`);
    const source = withoutTypes(path);
    for (const [, needed = ""] of source.matchAll(importStatement)) visit(join(dirname(path), needed), [...above, path]);
    for (const [, name = ""] of source.matchAll(topLevelName)) {
      const owner = owners.get(name);
      if (owner !== undefined) throw new Error(`\`${name}\` is declared in both ${owner} and ${path}`);
      owners.set(name, path);
    }
    done.push(path);
    parts.push(source.replace(importStatement, "").replace(/^export /gm, ""));
  };
  visit(entry, []);
  const script = parts.map((part) => part.replace(/[ \t]+$/gm, "").replace(/\n{2,}/g, "\n")).join("");
  return `(() => {\n"use strict";\n${script}})();\n`;
}

const importStatement = /^import\s[^;]*?from\s+"(\.[^"]+)";$/gm;
const topLevelName = /^(?:export )?(?:async )?(?:function\*?|const|let|class) ([\w$]+)/gm;

/** In an installed package the modules are JavaScript already. */
function withoutTypes(path: string): string {
  const source = readFileSync(path, "utf8");
  return extname(path) === ".ts" ? stripQuietly(source) : source;
}

/**
 * Node 24 calls this function experimental and says so on stderr, where it would be read as a fault of the report. It returns
 * before anything else can run, so no other warning is lost.
 */
function stripQuietly(source: string): string {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
