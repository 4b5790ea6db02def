import type { Duplex } from "node:stream";
import type { Target } from "../contract.ts";

/** A program of the fake runtime: a function that resolves to its exit code. Killing it makes the code 137 whatever it resolves to. */
export type FakeProgram = (context: FakeContext) => Promise<number>;

/** Chooses what plays a command; `undefined` takes the default: services stay until stopped, commands end with 0. */
export type FakeScript = (request: { readonly service?: string; readonly argv: readonly string[] }) => FakeProgram | undefined;

export interface FakeContext {
  readonly environmentId: string;
  readonly service?: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
  /** Aborted when it is killed. */
  readonly signal: AbortSignal;
  print(text: string, stream?: "stdout" | "stderr"): void;
  /** Without a handler SIGTERM ends the program with 143. */
  onTerminate(handler: () => void): void;
  /** Until the program ends. Only in services. */
  listen(port: number, onConnection: (socket: Duplex) => void): void;
  connect(target: Target): Promise<Duplex>;
  /** Volumes are shared by the environment's services, other paths belong to one service. */
  readFile(path: string): Promise<string | undefined>;
  writeFile(path: string, content: string): void;
}

/** Resolves when killed: what a program that serves waits for. */
export function untilKilled(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(137);
    signal.addEventListener("abort", () => resolve(137), { once: true });
  });
}
