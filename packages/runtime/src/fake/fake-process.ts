import type { Duplex } from "node:stream";
import type { RunningProcess } from "../supervision/supervised-entry.ts";
import type { FakeNetwork } from "./fake-network.ts";
import type { FakeContext, FakeProgram } from "./fake-program.ts";
import { untilKilled } from "./fake-program.ts";

export interface FakeLaunch {
  readonly environmentId: string;
  readonly service?: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array;
  readonly network: FakeNetwork;
  readonly readFile: (path: string) => Promise<string | undefined>;
  readonly writeFile: (path: string, content: string) => void;
  readonly onOutput: (stream: "stdout" | "stderr", text: string) => void;
}

/** Runs a program as if it were a process: it can be told to end, and be killed. */
export function launchFake(program: FakeProgram, launch: FakeLaunch): RunningProcess {
  const killed = new AbortController();
  const closers: (() => void)[] = [];
  let onTerminate: (() => void) | undefined;
  let terminated = false;
  const context: FakeContext = {
    environmentId: launch.environmentId,
    service: launch.service,
    argv: launch.argv,
    environment: launch.environment,
    stdin: launch.stdin ?? new Uint8Array(),
    signal: killed.signal,
    print: (text, stream = "stdout") => {
      if (!killed.signal.aborted) launch.onOutput(stream, text);
    },
    onTerminate: (handler) => {
      onTerminate = handler;
    },
    listen: (port: number, onConnection: (socket: Duplex) => void) => {
      if (launch.service === undefined) throw new Error("only services listen in the fake runtime");
      closers.push(launch.network.listen(launch.service, port, onConnection));
    },
    connect: (target) => launch.network.connect(launch.service, target, killed.signal),
    readFile: launch.readFile,
    writeFile: launch.writeFile,
  };
  const ended = Promise.race([program(context), untilKilled(killed.signal)])
    .catch((error: unknown) => {
      launch.onOutput("stderr", `${error instanceof Error ? error.message : String(error)}\n`);
      return 1;
    })
    .then((exitCode) => {
      for (const close of closers) close();
      if (!killed.signal.aborted) return { exitCode };
      return terminated ? { exitCode: 143, signal: "SIGTERM" } : { exitCode: 137, signal: "SIGKILL" };
    });
  return {
    ended,
    async signal(signal) {
      if (signal === "SIGCONT" || signal === "SIGSTOP") return;
      if (signal === "SIGKILL") return killed.abort();
      if (onTerminate !== undefined) return onTerminate();
      terminated = true;
      killed.abort();
    },
    async kill() {
      killed.abort();
      await ended;
    },
  };
}
