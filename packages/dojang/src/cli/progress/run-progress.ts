import type { RunEvent } from "@dojang/model";
import { createLiveProgress } from "./live-progress.ts";
import { createPlainProgress } from "./plain-progress.ts";

/** Follows a run on stderr; results belong to stdout. */
export interface RunProgress {
  show(event: RunEvent): void;
  close(): void;
}

export interface ProgressOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly stderr: NodeJS.WriteStream;
  readonly stdout: NodeJS.WriteStream;
}

/** A moving display on a terminal, plain lines elsewhere, one JSON object a line with --json. */
export function createRunProgress(options: ProgressOptions): RunProgress {
  if (options.json) {
    return { show: (event) => void options.stdout.write(`${JSON.stringify(event)}\n`), close: () => {} };
  }
  const write = (text: string) => void options.stderr.write(text);
  const plain = createPlainProgress({ write, verbose: options.verbose, color: options.stderr.isTTY === true });
  return options.stderr.isTTY ? createLiveProgress({ write, plain, columns: () => options.stderr.columns ?? 80 }) : plain;
}
