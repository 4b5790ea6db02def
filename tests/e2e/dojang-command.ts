import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A `dojang` command that has ended, seen from outside. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What starts it; the Node of the tests when absent. */
  readonly through?: readonly string[];
}

/** A `dojang` command that goes on. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves when `text` was printed, on either stream; rejects when the command ends without it. */
  said(text: string | RegExp): Promise<void>;
  readonly ended: Promise<Ended>;
  /** What it printed until now. */
  printed(): Pick<Ended, "stdout" | "stderr">;
}

export const repository = join(fileURLToPath(import.meta.url), "..", "..", "..");
export const dojangProgram = join(repository, "packages", "dojang", "bin", "dojang.js");

/** Starts the real command as a child, as a shell would. */
export function startDojang(args: readonly string[], { directory, environment, through = [process.execPath] }: StartOptions): Running {
  const [program = process.execPath, ...before] = through;
  const child = spawn(program, [...before, dojangProgram, ...args], {
    cwd: directory,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      printed[stream] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal, ...printed }));
  });
  return {
    child,
    pid: child.pid ?? 0,
    ended,
    printed: () => ({ ...printed }),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if ([printed.stdout, printed.stderr].some((all) => (typeof text === "string" ? all.includes(text) : text.test(all)))) resolve();
        };
        listeners.add(look);
        look();
        ended.then(() => reject(new Error(`dojang ended without saying ${text}:\n${printed.stderr}${printed.stdout}`)), reject);
      }),
  };
}
