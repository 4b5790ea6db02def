import type { RunEvent } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";

/** A command of a job, ready to run: everything resolved, nothing left to default. */
export interface PlannedStep {
  readonly name: string;
  /** A shell line, run with errors ending it. */
  readonly run: string;
  /** The service it runs in, or undefined for the workspace. */
  readonly service?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly timeoutMs: number;
  readonly allowFailure: boolean;
}

export interface StepResult {
  readonly name: string;
  readonly command: string;
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** It printed more than `outputLimitBytes` and was ended for that. */
  readonly truncated: boolean;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly service?: string;
  /** The last lines of what it printed, both streams as they came. */
  readonly output: readonly StepLine[];
  /** Lines that came before those kept. */
  readonly droppedLines: number;
  readonly allowFailure: boolean;
}

export interface StepLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface StepsContext {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly job: string;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/** The job was ended while a step ran: what it had printed last says what it waited for. */
export class StepInterrupted extends Error {
  readonly step: string;
  readonly lastLines: readonly string[];
  constructor(step: string, { lastLines, cause }: { readonly lastLines: readonly string[]; readonly cause: unknown }) {
    super(`step "${step}" was interrupted`, { cause });
    this.name = "AbortError";
    this.step = step;
    this.lastLines = lastLines;
  }
}

/** Lines kept of each step's output; the limit past which a step that never stops printing is ended. */
const keptLines = 2000;
const quotedLines = 12;
const outputLimitBytes = 64 * 1024 * 1024;

/** Runs steps in order and stops after the first that failed and may not. An aborted signal rejects with `StepInterrupted`. */
export async function runSteps(steps: readonly PlannedStep[], context: StepsContext): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const result = await runStep(step, context);
    results.push(result);
    if (result.exitCode !== 0 && !step.allowFailure) break;
  }
  return results;
}

export function stepsPassed(results: readonly StepResult[]): boolean {
  return results.every((result) => result.exitCode === 0 || result.allowFailure);
}

async function runStep(step: PlannedStep, { runtime, environmentId, job, signal, emit }: StepsContext): Promise<StepResult> {
  const output = createOutputTail(keptLines);
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const startedAt = Date.now();
  emit({ kind: "step-started", job, step: step.name });
  const running = runtime.exec(
    environmentId,
    {
      service: step.service,
      command: shellCommand(step),
      environment: step.environment,
      directory: step.directory,
      timeoutMs: step.timeoutMs,
      outputLimitBytes,
      onOutput({ stream, data }) {
        const text = decoders[stream].decode(data, { stream: true });
        output.append(stream, text);
        emit({ kind: "output", job, source: step.name, stream, text });
      },
    },
    { signal },
  );
  const done = await running.catch((cause: unknown) => {
    if (!signal.aborted) throw cause;
    const lastLines = output
      .end()
      .output.slice(-quotedLines)
      .map((line) => line.text);
    throw new StepInterrupted(step.name, { lastLines, cause });
  });
  const exitCode = done.timedOut ? timeoutExitCode : done.exitCode;
  emit({ kind: "step-finished", job, step: step.name, exitCode, durationMs: done.durationMs });
  return {
    name: step.name,
    command: step.run,
    exitCode,
    timedOut: done.timedOut,
    truncated: done.truncated,
    service: step.service,
    startedAt,
    durationMs: done.durationMs,
    ...output.end(),
    allowFailure: step.allowFailure,
  };
}

/** As timeout(1) has it. */
const timeoutExitCode = 124;

/** The workspace is a Debian-like system; a service may be an Alpine image that has no bash. */
function shellCommand(step: PlannedStep): readonly string[] {
  return step.service === undefined ? ["bash", "-eo", "pipefail", "-c", step.run] : ["sh", "-ec", step.run];
}

/** Splits both streams into lines as they come and keeps the last ones, each cut to a readable length. */
function createOutputTail(limit: number) {
  const lines: StepLine[] = [];
  const partial = { stdout: "", stderr: "" };
  let dropped = 0;
  function push(stream: "stdout" | "stderr", text: string): void {
    lines.push({ stream, text: text.slice(0, lineLimit) });
    // Dropping in bulk keeps the cost of a long output linear.
    if (lines.length > limit * 2) dropped += lines.splice(0, lines.length - limit).length;
  }
  return {
    append(stream: "stdout" | "stderr", text: string): void {
      const parts = (partial[stream] + text).split("\n");
      partial[stream] = (parts.pop() ?? "").slice(0, lineLimit);
      for (const part of parts) push(stream, part);
    },
    end(): { output: readonly StepLine[]; droppedLines: number } {
      for (const stream of ["stdout", "stderr"] as const) if (partial[stream] !== "") push(stream, partial[stream]);
      const output = lines.slice(-limit);
      return { output, droppedLines: dropped + lines.length - output.length };
    },
  };
}

const lineLimit = 10_000;
