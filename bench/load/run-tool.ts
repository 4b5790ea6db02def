import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one run of a generator printed, and the processor time of its process and its children. */
export interface ToolRun {
  readonly output: string;
  readonly cpuMs: number;
  readonly exitCode: number | null;
}

/** Runs a command pinned to one core. The shell's own count of its children is the processor time. */
export function runTool(
  core: number,
  command: readonly string[],
  options: { readonly timeoutMs: number; readonly environment?: NodeJS.ProcessEnv } = { timeoutMs: 120_000 },
): Promise<ToolRun> {
  return new Promise((resolve, reject) => {
    const script = '"$@"; code=$?; cat /proc/$$/stat >&3; exit $code';
    const child = spawn("taskset", ["-c", String(core), "bash", "-c", script, "bash", ...command], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, ...options.environment },
    });
    const outputs = ["", "", ""];
    for (const [index, stream] of [child.stdout, child.stderr, child.stdio[3]].entries()) {
      stream?.on("data", (data: Buffer) => {
        outputs[index] += data.toString("utf8");
      });
    }
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs);
    child.on("error", reject);
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      const stat = outputs[2] ?? "";
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // cutime and cstime, in hundredths of a second.
      resolve({ output: `${outputs[0]}${outputs[1]}`, cpuMs: (Number(fields[13]) + Number(fields[14])) * 10, exitCode });
    });
  });
}

export function machine(): string {
  const model = /^model name\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown processor";
  const load = readFileSync("/proc/loadavg", "utf8").split(" ")[0];
  return `${model}, load ${load} before the run, Node ${process.version}`;
}
