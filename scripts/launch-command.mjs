// Plain JavaScript that any Node from 14 on can read: runs a built package, or in a checkout its sources. A packed command has a copy beside it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** `bin` is the address of the file in the package's folder `bin`, `name` what the command is called. */
export async function launchCommand({ bin, name }) {
  const file = fileURLToPath(bin);
  const folder = dirname(dirname(file));
  // The sources, where there are any: a build beside them may be older. Node takes off their types itself, from 24 on without a flag.
  const sources = join(folder, "src", "main.ts");
  const inCheckout = existsSync(sources);
  const neededMajor = inCheckout ? 24 : 22;
  if (Number(process.versions.node.split(".")[0]) >= neededMajor) {
    const { main } = await import(pathToFileURL(inCheckout ? sources : join(folder, "dist", "main.js")).href);
    await main(process.argv.slice(2));
    return;
  }
  const node = inCheckout ? bundledNode(folder) : undefined;
  if (node === undefined) {
    const fix = inCheckout ? 'run "npm install" in the checkout, which brings it' : "install a newer Node, from https://nodejs.org";
    console.error(`${name} needs Node ${neededMajor} or newer, this is ${process.versions.node}: ${fix}.`);
    process.exit(3);
  }
  const child = spawn(node, [file, ...process.argv.slice(2)], { stdio: "inherit" });
  // The terminal signals the whole group; a signal sent to this process alone has to be passed on.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 70)));
  child.on("error", (error) => {
    console.error(`${name} could not start ${node}: ${error.message}`);
    process.exit(3);
  });
}

function bundledNode(from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "node", "bin", "node");
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}
