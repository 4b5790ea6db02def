// in-node24.mjs COMMAND...: sets the checkout up, then runs the command with Node 24 and the checkout's tools first on PATH.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { node24, root, setup } from "./setup.mjs";

const leftOut = setup();
const [command, ...rest] = process.argv.slice(2);
const path = [dirname(node24), join(root, "node_modules", ".bin"), process.env.PATH].join(":");
const child = spawn(command, rest, {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: path, DOJANG_SETUP_LEFT_OUT: leftOut.map((entry) => entry.name).join(",") },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 70)));
child.on("error", (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(3);
});
