import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

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
  const ended = Promise.all([new Promise<number | null>((resolve) => child.on("close", resolve)), text(child.stdout), text(child.stderr)]);
  await during?.(child);
  const [code, stdout, stderr] = await ended;
  return { code, stdout, stderr };
}
