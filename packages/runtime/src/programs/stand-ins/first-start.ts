import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/** The first start of a database image: a server only scripts can reach, the scripts in order, then the server ends. */
export interface FirstStart {
  readonly data: string;
  /** Files and folders of scripts. */
  readonly scripts: readonly string[];
  readonly server: readonly string[];
  readonly stopSignal: NodeJS.Signals;
  /** Argv of a client that reads SQL from standard input. */
  readonly client: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  isUp(): Promise<boolean>;
}

const startLimitMs = 60_000;

/** Does nothing when it was done before on the same data; resolves to the exit code. */
export async function firstStart(start: FirstStart): Promise<number> {
  const marker = join(start.data, ".dojang-first-start-done");
  if (existsSync(marker)) return 0;
  const server = spawn(start.server[0] ?? "", start.server.slice(1), { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise<void>((resolve) => {
    server.once("exit", () => resolve());
    server.once("error", () => resolve());
  });
  process.on("SIGTERM", () => server.kill(start.stopSignal));
  process.on("SIGINT", () => server.kill(start.stopSignal));
  const code = await runAll(start, server);
  server.kill(start.stopSignal);
  await ended;
  if (code === 0) writeFileSync(marker, "");
  return code;
}

async function runAll(start: FirstStart, server: ChildProcess): Promise<number> {
  const deadline = AbortSignal.timeout(startLimitMs);
  while (!(await start.isUp())) {
    if (deadline.aborted || server.exitCode !== null) {
      console.error("the server for the first start did not come up");
      return 1;
    }
    await wait(50);
  }
  for (const script of start.scripts.flatMap(scriptsIn)) {
    console.log(`first start: running ${script}`);
    const code = await runOne(script, start);
    if (code === 0) continue;
    console.error(`first start: ${script} ended with ${code}`);
    return code;
  }
  return 0;
}

function scriptsIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name));
}

/** As the images do: executable scripts run, others are sourced, SQL goes to the client, the rest is passed over. */
function runOne(script: string, start: FirstStart): Promise<number> {
  const [client = "", ...clientArgs] = start.client;
  if (script.endsWith(".sql")) return run(client, clientArgs, start, readFileSync(script));
  if (script.endsWith(".sql.gz")) return run(client, clientArgs, start, gunzipSync(readFileSync(script)));
  if (!script.endsWith(".sh")) return Promise.resolve(0);
  const shell = existsSync("/bin/bash") ? "bash" : "sh";
  const executable = (statSync(script).mode & 0o111) !== 0;
  return executable ? run(script, [], start) : run(shell, ["-e", script], start);
}

function run(program: string, args: readonly string[], start: FirstStart, stdin?: Buffer): Promise<number> {
  return new Promise((resolve) => {
    const stdio = [stdin === undefined ? ("ignore" as const) : ("pipe" as const), "inherit" as const, "inherit" as const];
    const child = spawn(program, args, { stdio, env: { ...process.env, ...start.environment } });
    child.once("error", (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(127);
    });
    child.once("exit", (code) => resolve(code ?? 1));
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
  });
}
