import type { MetricMark, MetricPoint } from "@dojang/load";
import type { Vitals } from "../../capture/vitals-line.ts";

/** A collection shorter than this would only blacken the plot; its time still counts. */
const shortestMarkMs = 1;

/** What one reading of a Node process becomes. `beforeAt` is the reading before it of the same process: collections count over the time between. */
export function vitalsFigures(
  service: string,
  vitals: Vitals,
  beforeAt: number | undefined,
): { readonly points: readonly MetricPoint[]; readonly marks: readonly MetricMark[] } {
  const { at, loop, heap, external, handles, collections } = vitals;
  const betweenMs = beforeAt === undefined ? undefined : at - beforeAt;
  const collectedMs = collections.reduce((sum, collection) => sum + collection.ms, 0);
  const figures: readonly (readonly [string, number | undefined])[] = [
    ["eventloop.utilization", loop.utilization * 100],
    ["eventloop.delay.p50", loop.p50],
    ["eventloop.delay.p99", loop.p99],
    ["eventloop.delay.max", loop.max],
    ["heap.used", heap.used],
    ["heap.size", heap.size],
    ["heap.limit", heap.limit],
    ["heap.new", heap.new],
    ["heap.old", heap.old],
    ["memory.external", external],
    ["handles.active", handles],
    ["gc.time", betweenMs === undefined || betweenMs <= 0 ? undefined : (100 * collectedMs) / betweenMs],
    ["gc.count", betweenMs === undefined || betweenMs <= 0 ? undefined : (1000 * collections.length) / betweenMs],
  ];
  return {
    points: figures.flatMap(([metric, value]) => (value === undefined ? [] : [{ at, service, metric, value }])),
    marks: collections
      .filter((collection) => collection.ms >= shortestMarkMs)
      .map((collection) => ({
        at: collection.at,
        durationMs: collection.ms,
        service,
        kind: `gc ${collection.kind}`,
        text: `${collection.kind} garbage collection, ${collection.ms.toFixed(1)} ms`,
      })),
  };
}
