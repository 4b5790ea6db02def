import { setTimeout as delay } from "node:timers/promises";

export interface RetryOptions {
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  readonly isWorthRetrying: (error: unknown) => boolean;
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
  readonly wait?: (delayMs: number) => Promise<void>;
}

/** Runs `work` until it succeeds, at most `attempts` times, waiting twice as long each time. `work` must be harmless to repeat. */
export async function retry<Result>(work: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const wait = options.wait ?? ((delayMs) => delay(delayMs));
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= options.attempts || !options.isWorthRetrying(error)) throw error;
      const delayMs = Math.min(options.firstDelayMs * 2 ** (attempt - 1), options.longestDelayMs);
      options.onRetry?.(error, attempt, delayMs);
      await wait(delayMs);
    }
  }
}
