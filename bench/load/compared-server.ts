import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ExecRequest, ExecResult } from "@dojang/runtime";
import type { ComparedArm } from "../../packages/dojang/src/environments/load/run-slices.ts";

export interface ComparedServer extends AsyncDisposable {
  readonly arm: ComparedArm;
}

export interface ServerOptions {
  /** What each request costs. */
  readonly rounds: number;
  readonly serverCore: number;
  readonly generatorCore: number;
  /** The bundle that environments run. */
  readonly generator: string;
}

/** A server of its own, pinned, and what `compareWithBase` asks of a runtime: traffic by the real generator, and processor time. */
export async function startComparedServer({ rounds, serverCore, generatorCore, generator }: ServerOptions): Promise<ComparedServer> {
  const server = spawn(
    "taskset",
    [
      "-c",
      String(serverCore),
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "work-server.ts"),
      String(rounds),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const { value: port } = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
  const pid = server.pid ?? 0;
  await warmUp(Number(port));
  return {
    arm: {
      environmentId: String(pid),
      runtime: {
        exec: (_id, request) => runPinned(["taskset", "-c", String(generatorCore), process.execPath, generator], String(port), request),
        stats: async () => [
          { service: "server", at: Date.now(), cpuMs: processorMs(pid), memoryBytes: 0, processes: 1, threads: 1, openFiles: 0 },
        ],
      },
    },
    async [Symbol.asyncDispose]() {
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
  };
}

const warmUpRequests = 1_500;

/** By count and not by time: what a server has compiled depends on how often it was asked. */
async function warmUp(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let asked = 0; asked < warmUpRequests; asked++) {
    const [answer] = await once(get({ port, agent }), "response");
    answer.resume();
    await once(answer, "end");
  }
  agent.destroy();
}

async function runPinned(command: readonly string[], port: string, { environment, stdin, onOutput }: ExecRequest): Promise<ExecResult> {
  const [program = "", ...args] = command;
  const startedAt = performance.now();
  // The one address that the comparison knows stands for either server.
  const addresses = Object.fromEntries(Object.keys(environment).map((name) => [name, `http://127.0.0.1:${port}`]));
  const child = spawn(program, args, { env: { ...process.env, ...addresses }, stdio: ["pipe", "pipe", "pipe"] });
  for (const stream of ["stdout", "stderr"] as const) child[stream].on("data", (data: Buffer) => onOutput?.({ stream, data }));
  child.stdin.end(stdin);
  const [exitCode] = await once(child, "close");
  return { exitCode: exitCode ?? -1, timedOut: false, truncated: false, durationMs: performance.now() - startedAt };
}

/** Of all its threads, as runtimes read it. */
function processorMs(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}
