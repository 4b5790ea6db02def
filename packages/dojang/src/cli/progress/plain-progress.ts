import type { RunEvent } from "@dojang/model";
import type { RunProgress } from "./run-progress.ts";

export interface PlainOptions {
  readonly write: (text: string) => void;
  /** Also what steps and builds print; otherwise only the output of a step that failed. */
  readonly verbose: boolean;
  readonly color: boolean;
}

/** Lines a failed step may repeat; the whole of it is in the report. */
const keptOutputLines = 40;

export function createPlainProgress({ write, verbose, color }: PlainOptions): RunProgress {
  const recent = new Map<string, string[]>();
  const line = (text: string) => write(`${text}\n`);

  function keepOutput(event: Extract<RunEvent, { kind: "output" }>): void {
    const lines = recent.get(event.job) ?? [];
    lines.push(...event.text.split("\n").filter((text) => text !== ""));
    recent.set(event.job, lines.slice(-keptOutputLines));
    if (verbose) for (const text of event.text.replace(/\n$/, "").split("\n")) line(paint(color, "dim", `  ${event.job} | ${text}`));
  }

  function finishStep(event: Extract<RunEvent, { kind: "step-finished" }>): void {
    const mark = event.exitCode === 0 ? paint(color, "green", "ok") : paint(color, "red", `exit ${event.exitCode}`);
    line(`  ${event.job}: ${event.step}: ${mark} (${seconds(event.durationMs)})`);
    if (event.exitCode !== 0 && !verbose) for (const text of recent.get(event.job) ?? []) line(`  ${event.job} | ${text}`);
    recent.delete(event.job);
  }

  function show(event: RunEvent): void {
    switch (event.kind) {
      case "run-started":
        line(`run ${event.number}: ${event.jobs.map((job) => job.name).join(", ")}`);
        break;
      case "job-started":
        line(`> ${event.job}${event.attempt > 1 ? ` (attempt ${event.attempt})` : ""}`);
        break;
      case "step-started":
        recent.delete(event.job);
        break;
      case "output":
        keepOutput(event);
        break;
      case "step-finished":
        finishStep(event);
        break;
      case "service":
        if (event.state === "healthy") line(`  ${event.job}: ${event.service} healthy`);
        if (event.state === "unhealthy" || event.state === "exited")
          line(`  ${event.job}: ${event.service} ${event.state}${event.detail ? `: ${event.detail.split("\n")[0]}` : ""}`);
        break;
      case "note":
        line(`  ${event.job ? `${event.job}: ` : ""}${event.text}`);
        break;
      case "job-finished":
        line(`${jobMark(event.state, color)} ${event.job} (${seconds(event.durationMs)})${event.summary ? `: ${event.summary}` : ""}`);
        break;
      case "run-finished":
        line(`run ${event.state} in ${seconds(event.durationMs)}`);
        break;
    }
  }

  return { show, close: () => {} };
}

export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

function jobMark(state: string, color: boolean): string {
  if (state === "passed") return paint(color, "green", "passed ");
  if (state === "failed") return paint(color, "red", "FAILED ");
  return paint(color, "dim", state.padEnd(7));
}

const codes = { red: 31, green: 32, dim: 2 } as const;

function paint(color: boolean, style: keyof typeof codes, text: string): string {
  return color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}
