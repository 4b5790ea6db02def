import { type ChildProcess, spawn } from "node:child_process";
import type { ExecResult } from "../contract.ts";
import { identify, killTree } from "./process-tree.ts";

export interface CommandRun {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly timeoutMs: number;
  readonly outputLimitBytes: number;
  readonly stdin?: Uint8Array;
  readonly onOutput?: (chunk: { stream: "stdout" | "stderr"; data: Uint8Array }) => void;
  readonly signal: AbortSignal;
  /** `NAME=value` that is in `environment` and in no other process's: finds what daemonized. */
  readonly mark?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** As a shell reports it: 127 not found, 126 not executable. */
const notFoundExitCode = 127;
const notExecutableExitCode = 126;
const noProcess = -1;
/** How long output may still come from a daemon that holds the pipes after the command itself ended. */
const drainMs = 200;

/**
 * Runs a command to its end, with its own session, and leaves none of its processes behind, however it ended.
 * Rejects only with the reason of an aborted signal.
 */
export async function runCommand(run: CommandRun): Promise<ExecResult> {
  run.signal.throwIfAborted();
  const startedAt = performance.now();
  const state = { timedOut: false, truncated: false, bytes: 0 };
  const child = launch(run);
  if (child instanceof Error) return couldNotStart(run, child, startedAt);
  const ending = ended(child);
  const root = identify(child.pid ?? noProcess);
  const kill = once(async () => killTree({ roots: [(await root) ?? { pid: child.pid ?? noProcess, startedAt: "gone" }], mark: run.mark }));

  const deliver = (stream: "stdout" | "stderr") => (data: Buffer) => {
    if (state.truncated) return;
    const room = run.outputLimitBytes - state.bytes;
    state.bytes += data.length;
    const kept = data.length > room ? data.subarray(0, room) : data;
    if (kept.length > 0) run.onOutput?.({ stream, data: kept });
    if (data.length <= room) return;
    state.truncated = true;
    void kill();
  };
  child.stdout?.on("data", deliver("stdout"));
  child.stderr?.on("data", deliver("stderr"));
  const timer = setTimeout(() => {
    state.timedOut = true;
    void kill();
  }, run.timeoutMs);
  const onAbort = () => void kill();
  run.signal.addEventListener("abort", onAbort, { once: true });

  try {
    feed(child, run.stdin);
    const end = await ending;
    if ("error" in end) return couldNotStart(run, end.error, startedAt);
    await kill();
    run.signal.throwIfAborted();
    return { ...end, timedOut: state.timedOut, truncated: state.truncated, durationMs: performance.now() - startedAt };
  } finally {
    clearTimeout(timer);
    run.signal.removeEventListener("abort", onAbort);
  }
}

function launch(run: CommandRun): ChildProcess | Error {
  const [program, ...args] = run.argv;
  if (program === undefined) return new Error("no command");
  try {
    return spawn(program, args, {
      cwd: run.directory,
      env: { ...run.environment },
      stdio: [run.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true,
      uid: run.uid,
      gid: run.gid,
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function feed(child: ChildProcess, stdin: Uint8Array | undefined): void {
  if (stdin === undefined) return;
  // A command that does not read its input closes it early; that is its right.
  child.stdin?.on("error", () => {});
  child.stdin?.end(stdin);
}

function ended(child: ChildProcess): Promise<{ exitCode: number; signal?: string } | { error: Error }> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ error });
    });
    child.once("exit", (code, signal) => {
      const ending = endingOf(code, signal);
      // On a machine that is busy the timer may be due before what was written has been looked at: look once more.
      const timer = setTimeout(() => setImmediate(() => resolve(ending)), drainMs);
      child.once("close", () => {
        clearTimeout(timer);
        resolve(ending);
      });
    });
  });
}

/** A signal counts as 128 + its number, as in a shell. */
export function endingOf(code: number | null, signal: NodeJS.Signals | null): { exitCode: number; signal?: string } {
  if (signal === null) return { exitCode: code ?? 1 };
  return { exitCode: 128 + (signalNumbers[signal] ?? 0), signal };
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGSYS: 31,
};

function couldNotStart(run: CommandRun, error: NodeJS.ErrnoException, startedAt: number): ExecResult {
  run.onOutput?.({ stream: "stderr", data: Buffer.from(`${run.argv[0] ?? ""}: ${error.message}\n`) });
  return { exitCode: exitCodeOf(error), timedOut: false, truncated: false, durationMs: performance.now() - startedAt };
}

function exitCodeOf(error: NodeJS.ErrnoException): number {
  return error.code === "EACCES" ? notExecutableExitCode : notFoundExitCode;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
