#!/usr/bin/env node
// Plain JavaScript that any Node from 18 on can read: finds a Node that runs the sources, then hands over.
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const neededMajor = 24;
const here = dirname(realpathSync(fileURLToPath(import.meta.url)));

function bundledNode() {
  for (let folder = here; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "node", "bin", "node");
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

if (Number(process.versions.node.split(".")[0]) >= neededMajor) {
  const { keepCompiledCode } = await import("./compiled-code.js");
  keepCompiledCode(process.env);
  const { main } = await import("../src/main.ts");
  await main(process.argv.slice(2));
} else {
  const node = bundledNode();
  if (node === undefined) {
    console.error(
      `dojang needs Node ${neededMajor} or newer, this is ${process.versions.node}; run "npm install" in the checkout, which brings it.`,
    );
    process.exit(3);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // The terminal signals the whole group; a signal sent to this process alone has to be passed on.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 70)));
  child.on("error", (error) => {
    console.error(`dojang could not start ${node}: ${error.message}`);
    process.exit(3);
  });
}
