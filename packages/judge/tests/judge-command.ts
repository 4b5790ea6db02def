import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

/** A `dojang-judge` command that has ended, seen from outside. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly during?: (child: ChildProcess) => Promise<void>;
  /** Words before the Node that runs it. */
  readonly within?: readonly string[];
  /** Flags of that Node. */
  readonly node?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const command = join(import.meta.dirname, "../bin/dojang-judge.js");

/** Runs the real command as a child, as a shell would. */
export async function runCommand(
  args: readonly string[],
  { during, within = [], node = [], env = process.env }: CommandOptions = {},
): Promise<Ended> {
  const [program = process.execPath, ...rest] = [...within, process.execPath, ...node, command, ...args];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], env });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  await during?.(child);
  return await ended;
}
