#!/usr/bin/env node
// Plain JavaScript that any Node from 14 on can read: runs the built package, or in a checkout the sources.
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
const major = Number(process.versions.node.split(".")[0]);

/** The sources, where there are any: a build beside them may be older. Node takes off their types itself, from 24 on without a flag. */
const sources = join(here, "..", "src", "main.ts");
const inCheckout = existsSync(sources);
const entry = inCheckout ? sources : join(here, "..", "dist", "main.js");
const neededMajor = inCheckout ? 24 : 22;

function bundledNode() {
  for (let folder = here; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "node", "bin", "node");
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

if (major >= neededMajor) {
  const { main } = await import(pathToFileURL(entry).href);
  await main(process.argv.slice(2));
} else {
  const node = inCheckout ? bundledNode() : undefined;
  if (node === undefined) {
    const fix = inCheckout ? 'run "npm install" in the checkout, which brings it' : "install a newer Node, from https://nodejs.org";
    console.error(`dojang-mock needs Node ${neededMajor} or newer, this is ${process.versions.node}: ${fix}.`);
    process.exit(3);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 70)));
  child.on("error", (error) => {
    console.error(`dojang-mock could not start ${node}: ${error.message}`);
    process.exit(3);
  });
}
