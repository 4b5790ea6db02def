import type { LogRecord } from "@dojang/model";
import type { OutputLine, Runtime } from "@dojang/runtime";
import { createLogJoiner, type LogJoiner } from "../capture/log-joiner.ts";
import { splitVitals, type Vitals } from "../capture/vitals-line.ts";

export interface LogIngest {
  /** Takes in everything the services have printed by now, then ends. Safe twice. */
  finish(): Promise<void>;
}

export interface LogIngestOptions {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly write: (records: readonly LogRecord[]) => Promise<void>;
  /** Told once when records cannot be kept any more; the run goes on without them. */
  readonly onProblem: (text: string) => void;
  /** Told of each line before it becomes a record, without what the preload wrote about its process. */
  readonly onLine?: (line: OutputLine) => void;
  readonly onVitals?: (service: string, vitals: Vitals) => void;
}

const lingerMs = 200;
const batchRecords = 2000;

/** Follows the output of an environment's services and appends it, joined into records, to the store. */
export function startLogIngest({ runtime, environmentId, write, onProblem, onLine, onVitals }: LogIngestOptions): LogIngest {
  const joiners = new Map<string, LogJoiner>();
  const positions: Record<string, number> = {};
  const ending = new AbortController();
  let waiting: LogRecord[] = [];
  let writing = Promise.resolve();
  let failed = false;

  function take(printed: OutputLine): void {
    if ((positions[printed.service] ?? 0) >= printed.position) return;
    positions[printed.service] = printed.position;
    const { text, vitals } = splitVitals(printed.text);
    if (vitals !== undefined) onVitals?.(printed.service, vitals);
    if (text === undefined) return;
    const line = text === printed.text ? printed : { ...printed, text };
    onLine?.(line);
    let joiner = joiners.get(line.service);
    if (joiner === undefined) {
      joiner = createLogJoiner({ environment: environmentId, service: line.service });
      joiners.set(line.service, joiner);
    }
    waiting.push(...joiner.push(line));
    if (waiting.length >= batchRecords) flush();
  }

  function flush(): void {
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    writing = writing
      .then(() => write(batch))
      .catch((error: unknown) => {
        if (!failed) onProblem(`log records could not be kept: ${error instanceof Error ? error.message : String(error)}`);
        failed = true;
      });
  }

  async function read(follow: boolean, signal: AbortSignal): Promise<void> {
    for await (const line of runtime.logs(environmentId, { after: { ...positions }, follow, signal })) take(line);
  }

  const timer = setInterval(() => {
    for (const joiner of joiners.values()) waiting.push(...joiner.due(Date.now()));
    flush();
  }, lingerMs);
  const following = read(true, ending.signal).catch((error: unknown) => {
    if (!ending.signal.aborted) onProblem(`logs are not followed any more: ${error instanceof Error ? error.message : String(error)}`);
  });

  let finishing: Promise<void> | undefined;
  async function finish(): Promise<void> {
    ending.abort();
    await following;
    // Following may have been cut between two lines; one last reading takes what is there.
    await read(false, AbortSignal.timeout(10_000)).catch(() => undefined);
    for (const joiner of joiners.values()) waiting.push(...joiner.flush());
    clearInterval(timer);
    flush();
    await writing;
  }
  return {
    finish() {
      finishing ??= finish();
      return finishing;
    },
  };
}
