import type { PhaseFacts } from "../report/run-facts.ts";

/** Measures the stretches of a shard's time for the report. Phases may overlap, and one that failed is measured too. */
export interface PhaseClock {
  time<T>(phase: PhaseFacts["phase"], work: () => Promise<T>): Promise<T>;
  phases(): readonly PhaseFacts[];
}

export function createPhaseClock(): PhaseClock {
  const phases: PhaseFacts[] = [];
  return {
    async time(phase, work) {
      const startedAt = Date.now();
      const from = performance.now();
      try {
        return await work();
      } finally {
        phases.push({ phase, startedAt, durationMs: performance.now() - from });
      }
    },
    phases: () => phases.toSorted((a, b) => a.startedAt - b.startedAt),
  };
}
