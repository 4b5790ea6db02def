import type { Stage } from "../plan/load-plan.ts";

/**
 * When requests start in the open model: arrival k starts when the integral of the rate reaches k. Solved exactly for stages in
 * which the rate moves evenly, so no drift adds up. `share` gives thread i of n every n-th arrival.
 */
export interface Arrivals {
  /** Milliseconds since the start; undefined after the last. */
  next(): number | undefined;
  /** How many there are up to a time, over all threads. */
  askedUntil(ms: number): number;
}

export interface ArrivalOptions {
  readonly arrivals: "even" | "poisson";
  readonly share: { readonly thread: number; readonly of: number };
  /** 0 <= x < 1; for poisson. */
  readonly random: () => number;
}

interface Placed extends Stage {
  readonly startMs: number;
  /** Arrivals before it. */
  readonly before: number;
  readonly count: number;
}

export function createArrivals(stages: readonly Stage[], { arrivals, share, random }: ArrivalOptions): Arrivals {
  const placed = place(stages);
  const last = placed.at(-1);
  const total = last === undefined ? 0 : last.before + last.count;
  let stage = 0;
  // Even: the first arrival of all is at the start. Poisson: the unit-rate process, stretched by the same integral.
  let position = arrivals === "even" ? share.thread : nextExponential(random) * share.of;

  const timeOf = (arrival: number): number => {
    while (stage < placed.length - 1 && arrival >= (placed[stage + 1]?.before ?? Number.POSITIVE_INFINITY)) stage++;
    const at = placed[stage];
    // There is a stage whenever arrival < total.
    if (at === undefined) return 0;
    return at.startMs + timeWithin(at, arrival - at.before);
  };

  return {
    next() {
      if (position >= total - 1e-9) return undefined;
      const at = timeOf(position);
      position += arrivals === "even" ? share.of : nextExponential(random) * share.of;
      return at;
    },
    askedUntil(ms) {
      let asked = 0;
      for (const each of placed) {
        const inside = Math.min(Math.max(ms - each.startMs, 0), each.forMs);
        asked += (each.fromPerSecond * inside + ((each.toPerSecond - each.fromPerSecond) * inside * inside) / (2 * each.forMs)) / 1000;
      }
      return asked;
    },
  };
}

function place(stages: readonly Stage[]): readonly Placed[] {
  let startMs = 0;
  let before = 0;
  return stages
    .filter((stage) => stage.forMs > 0)
    .map((stage) => {
      const count = ((stage.fromPerSecond + stage.toPerSecond) / 2) * (stage.forMs / 1000);
      const each = { ...stage, startMs, before, count };
      startMs += stage.forMs;
      before += count;
      return each;
    });
}

/** Solves  from t + (to - from) t² / (2 T) = arrival  for t, in milliseconds. The form without cancellation for small slopes. */
function timeWithin({ fromPerSecond, toPerSecond, forMs }: Stage, arrival: number): number {
  const from = fromPerSecond / 1000;
  const slope = (toPerSecond - fromPerSecond) / 1000 / forMs;
  const root = Math.sqrt(Math.max(0, from * from + 2 * slope * arrival));
  const divisor = from + root;
  return divisor === 0 ? 0 : Math.min(forMs, (2 * arrival) / divisor);
}

function nextExponential(random: () => number): number {
  return -Math.log(1 - random());
}
