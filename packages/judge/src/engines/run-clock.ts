import { type ProcessorTime, since } from "../sandbox/processor-time.ts";

/**
 * The time of one run. The clock stands still while the run waits for a processor, so that other work on the machine takes nothing of it. Who used as much processor time as
 * the limit has had its time, and so has, in the end, whoever waits for ever. The same is in python/judge_runner/clock.py.
 */
export interface RunClock {
  /** Whether a run that is over now is so for its own time and not for the machine's. Asked once it is over. */
  isDoubtful(): boolean;
  stop(): void;
}

export interface ClockedRun {
  readonly limitMs: number;
  processorTime(): ProcessorTime;
  over(): void;
}

/** Wall time, as multiples of the limit: where everything waits, something has to end. */
export const mostTimes = 5;
const shortestMs = 20;
const exactMs = 2;

export function startClock({ limitMs, processorTime, over }: ClockedRun): RunClock {
  const begun = performance.now();
  const before = processorTime();
  let seen = { usedMs: 0, waitedMs: 0 };
  let turn: NodeJS.Immediate | undefined;
  const arm = (ms: number) =>
    setTimeout(() => {
      // After what waits to be read: an answer that came in time may only now be seen.
      turn = setImmediate(look);
    }, ms);
  let timer = arm(limitMs);
  function look() {
    seen = since(before, processorTime());
    const elapsedMs = performance.now() - begun;
    const leftMs = Math.min(limitMs + seen.waitedMs, limitMs * mostTimes) - elapsedMs;
    if (seen.usedMs >= limitMs || leftMs < exactMs) return over();
    timer = arm(Math.max(leftMs, shortestMs));
  }
  return {
    isDoubtful: () => isDoubtfulTime({ ...seen, limitMs }),
    stop() {
      clearTimeout(timer);
      clearImmediate(turn);
    },
  };
}

/** Whether a run that ended by its time may have done so because the machine had other work: the clock cannot see every wait, but who was at work most of its time had it. */
export function isDoubtfulTime({ usedMs, waitedMs, limitMs }: { usedMs: number; waitedMs: number; limitMs: number }): boolean {
  return usedMs < limitMs * 0.8 && waitedMs > limitMs / 10;
}
