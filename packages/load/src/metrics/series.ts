import { medianOf } from "../compare/paired-bootstrap.ts";
import type { MetricPoint } from "./metric.ts";

/** Figures by service and metric, within the time of the traffic. */
export interface Series {
  values(service: string, metric: string): readonly number[];
  median(service: string, metric: string): number | undefined;
  highest(service: string, metric: string): number | undefined;
  /**
   * From when on a figure was at least `limit` for most of the time: three of five neighbours, and a fifth of all its readings at
   * least. `median` and `highest` are of the high readings. Undefined when it was not.
   */
  highStretch(
    service: string,
    metric: string,
    limit: number,
  ): { readonly fromMs: number; readonly median: number; readonly highest: number } | undefined;
}

export function createSeries(points: readonly MetricPoint[], { from, to }: { readonly from: number; readonly to: number }): Series {
  const bySeries = new Map<string, MetricPoint[]>();
  for (const point of points) {
    if (point.at < from || point.at > to) continue;
    const key = `${point.service}\n${point.metric}`;
    const series = bySeries.get(key) ?? [];
    series.push(point);
    bySeries.set(key, series);
  }
  for (const series of bySeries.values()) series.sort((a, b) => a.at - b.at);
  const of = (service: string, metric: string) => bySeries.get(`${service}\n${metric}`) ?? [];
  const values = (service: string, metric: string) => of(service, metric).map((point) => point.value);

  return {
    values,
    median(service, metric) {
      const all = values(service, metric);
      return all.length === 0 ? undefined : medianOf(all);
    },
    highest(service, metric) {
      const all = values(service, metric);
      return all.length === 0 ? undefined : Math.max(...all);
    },
    highStretch(service, metric, limit) {
      const all = of(service, metric);
      const high = all.filter((point) => point.value >= limit);
      if (high.length < 3 || high.length < all.length / 5) return undefined;
      const start = all.findIndex(
        (point, index) => point.value >= limit && all.slice(index, index + 5).filter((next) => next.value >= limit).length >= 3,
      );
      if (start === -1) return undefined;
      return {
        fromMs: (all[start]?.at ?? from) - from,
        median: medianOf(high.map((point) => point.value)),
        highest: Math.max(...high.map((point) => point.value)),
      };
    },
  };
}
