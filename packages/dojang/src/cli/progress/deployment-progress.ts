import { styleText } from "node:util";
import type { DeploymentEvent } from "../../deployments/perform-deployment.ts";

export interface DeploymentProgressOptions {
  readonly json: boolean;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** One line a step on stderr: what was done and what came of it; as JSON lines on stdout when asked. */
export function showDeployment({ json, stdout, stderr }: DeploymentProgressOptions): (event: DeploymentEvent) => void {
  if (json) return (event) => void stdout.write(`${JSON.stringify(event)}\n`);
  const color = stderr.isTTY === true;
  const paint = (style: Parameters<typeof styleText>[0], text: string) => (color ? styleText(style, text) : text);
  return (event) => {
    if (event.kind === "note") stderr.write(`    ${paint("dim", event.text)}\n`);
    if (event.kind === "step-started" && event.attempt > 1)
      stderr.write(`    ${paint("yellow", `${event.title}: again, for the process that was at it is gone or failed`)}\n`);
    if (event.kind === "step-ended") stderr.write(`${mark(event.state, paint)} ${stepLine(event)}\n`);
  };
}

function stepLine({ step, summary, durationMs }: Extract<DeploymentEvent, { kind: "step-ended" }>): string {
  const took = durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`;
  return `${step.padEnd(10)} ${summary} (${took})`;
}

function mark(
  state: Extract<DeploymentEvent, { kind: "step-ended" }>["state"],
  paint: (style: Parameters<typeof styleText>[0], text: string) => string,
): string {
  switch (state) {
    case "done":
      return paint("green", "ok  ");
    case "skipped":
      return paint("dim", "--  ");
    case "paused":
      return paint("yellow", "wait");
    case "failed":
      return paint("red", "FAIL");
  }
}
