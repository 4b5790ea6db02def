import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach } from "vitest";

export const command = join(import.meta.dirname, "../bin/dojang-mock.js");

export interface RunningCommand {
  readonly port: number;
  readonly httpsPort: number | undefined;
  readonly listening: Readonly<Record<string, unknown>>;
  readonly errors: () => string;
  /** Resolves with what the process said on standard error, as soon as that holds the text. */
  waitFor(text: string): Promise<void>;
  end(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

const children = new Set<ChildProcess>();

/** Ends every command that a test has left running. */
export function endCommandsAfterEach(): void {
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
  });
}

/** Starts a command with `--json` and waits for the line that says where it listens. */
export async function runCommand(
  args: readonly string[],
  { path = command, cwd }: { path?: string; cwd?: string } = {},
): Promise<RunningCommand> {
  const child = spawn(process.execPath, [path, ...args, "--json"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let output = "";
  let errors = "";
  const waiting = new Set<() => void>();
  const told = () => {
    for (const check of waiting) check();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    told();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    told();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on("close", (code, signal) => {
      children.delete(child);
      resolve({ code, signal });
      told();
    });
  });
  const until = (holds: () => boolean, what: string) =>
    new Promise<void>((resolve, reject) => {
      const fail = (why: string) => {
        waiting.delete(check);
        clearTimeout(timer);
        reject(new Error(`${why} before ${what}; it said: ${output}${errors}`));
      };
      const check = () => {
        if (holds()) {
          waiting.delete(check);
          clearTimeout(timer);
          resolve();
        } else if (!children.has(child)) fail("the command ended");
      };
      const timer = setTimeout(() => fail("50 s went by"), 50_000);
      waiting.add(check);
      check();
    });
  await until(() => output.includes("\n"), "it listened");
  const listening = JSON.parse(output.split("\n")[0] ?? "");
  return {
    port: listening.port,
    httpsPort: listening.httpsPort,
    listening,
    errors: () => errors,
    waitFor: (text) => until(() => errors.includes(text), `it said "${text}"`),
    end: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs a command to its end. */
export function commandResult(args: readonly string[], { path = command, cwd }: { path?: string; cwd?: string } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], { cwd, encoding: "utf8", timeout: 50_000 });
  return { status, stdout, stderr };
}
