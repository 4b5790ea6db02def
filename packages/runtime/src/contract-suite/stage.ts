import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type EnvironmentSpec, Problem } from "@dojang/model";
import { expect } from "vitest";
import type { EnvironmentStatus, ExecRequest, ExecResult, LogOptions, OutputLine, ProgressEvent, Runtime } from "../contract.ts";
import { actorCommand, buildAll } from "./actor-services.ts";

/** What a runtime gives the suite. */
export interface RuntimeUnderTest {
  readonly runtime: Runtime;
  /** The state folder. */
  readonly home: string;
  /** A second instance on the same state folder, as another process would have it. */
  reopen(): Promise<Runtime>;
  cleanup(): Promise<void>;
}

/** What the sections share for one runtime: short ways to say what a test is about. */
export interface Stage {
  readonly tested: RuntimeUnderTest;
  readonly runtime: Runtime;
  readonly context: string;
  newId(): string;
  up(spec: EnvironmentSpec, more?: { signal?: AbortSignal; onProgress?: (event: ProgressEvent) => void }): Promise<EnvironmentStatus>;
  /** Runs the actor with these words in a service. */
  act(id: string, service: string | undefined, words: readonly string[], more?: Partial<ExecRequest>): Promise<Acted>;
  lines(id: string, options?: Partial<LogOptions>): Promise<readonly OutputLine[]>;
}

export interface Acted extends ExecResult {
  readonly stdout: string;
  readonly stderr: string;
}

export function setStage(tested: RuntimeUnderTest, context: string): Stage {
  const { runtime } = tested;
  return {
    tested,
    runtime,
    context,
    newId: () => `contract-${randomBytes(4).toString("hex")}`,
    async up(spec, more = {}) {
      const signal = more.signal ?? neverAborted();
      return runtime.start(spec, { signal, onProgress: more.onProgress, images: await buildAll(runtime, spec, signal) });
    },
    act: (id, service, words, more) => run(runtime, id, { service, command: actorCommand(...words), ...more }),
    lines: (id, options) => allLines(runtime, id, options),
  };
}

/** Runs any command and gathers what it said. */
export async function run(
  runtime: Runtime,
  id: string,
  request: Partial<ExecRequest> & { command: readonly string[] },
  signal = neverAborted(),
): Promise<Acted> {
  const said = { stdout: "", stderr: "" };
  const result = await runtime.exec(
    id,
    {
      environment: {},
      timeoutMs: 20_000,
      outputLimitBytes: 1024 * 1024,
      onOutput: ({ stream, data }) => {
        said[stream] += Buffer.from(data).toString();
      },
      ...request,
    },
    { signal },
  );
  return { ...result, ...said };
}

export async function allLines(runtime: Runtime, id: string, options: Partial<LogOptions> = {}): Promise<readonly OutputLine[]> {
  const lines: OutputLine[] = [];
  for await (const line of runtime.logs(id, { follow: false, signal: neverAborted(), ...options })) lines.push(line);
  return lines;
}

export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

/** Waits for something to become so; fails with what it last saw. */
export async function eventually<T>(look: () => Promise<T>, isSo: (seen: T) => boolean, limitMs = 10_000): Promise<T> {
  const deadline = AbortSignal.timeout(limitMs);
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (deadline.aborted) return expect.fail(`not so within ${limitMs} ms; last seen: ${JSON.stringify(seen)}`);
    await wait(30);
  }
}

/** The Problem a promise is rejected with; anything else fails the test. */
export async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => expect.fail("expected a Problem, got success"),
    (caught: unknown) => caught,
  );
  if (!(error instanceof Problem)) throw error;
  expect(error.fix, `Problem ${error.code} says what to do`).not.toBe("");
  return error;
}
