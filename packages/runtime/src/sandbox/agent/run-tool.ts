import { spawn } from "node:child_process";

export interface ToolResult {
  readonly exitCode: number;
  readonly output: string;
}

const outputLimitCharacters = 64 * 1024;

/** Runs a program of the machine for the agent itself, with nothing of a guest in its environment. */
export function runTool(argv: readonly string[], stdin = ""): Promise<ToolResult> {
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-outputLimitCharacters);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.stdin.on("error", () => {});
    child.once("error", (error) => resolve({ exitCode: 127, output: error.message }));
    child.once("close", (code) => resolve({ exitCode: code ?? 1, output }));
    child.stdin.end(stdin);
  });
}

/** Like `runTool`, for what has to work. */
export async function mustRun(argv: readonly string[], stdin = ""): Promise<string> {
  const { exitCode, output } = await runTool(argv, stdin);
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${exitCode}: ${output.trim()}`);
  return output;
}
