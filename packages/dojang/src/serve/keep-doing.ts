import { setTimeout as wait } from "node:timers/promises";

/** One thing that is done again and again. */
export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  /** Safe to be cut off and begun anew. What it throws is told, and it is tried again at its next time. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export interface KeepDoingOptions {
  readonly chores: readonly Chore[];
  readonly signal: AbortSignal;
  /** What it gives is waited for. */
  readonly onFailure: (chore: string, error: unknown) => unknown;
}

/**
 * Does each chore at its own pace until the signal aborts, and then resolves once all that went on has stopped. None waits for
 * another; one that takes longer than its pace begins again at once and never twice at a time.
 */
export async function keepDoing({ chores, signal, onFailure }: KeepDoingOptions): Promise<void> {
  await Promise.all(
    chores.map(async ({ name, everyMs, run }) => {
      while (!signal.aborted) {
        const startedAt = performance.now();
        await run(signal).catch(async (error: unknown) => {
          if (!signal.aborted) await onFailure(name, error);
        });
        const left = Math.max(0, everyMs - (performance.now() - startedAt));
        await wait(left, undefined, { signal }).catch(() => undefined);
      }
    }),
  );
}
