/**
 * Figures of the system under load, on the generator's clock. A source is started before the traffic and stopped after it;
 * it never fails a run: what it cannot read, it says once through `onProblem`.
 */
export interface MetricPoint {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly service: string;
  /** Of the catalogue in metric-names.ts: `process.cpu`, `node.eventloop.utilization`, `postgresql.connections`. */
  readonly metric: string;
  readonly value: number;
}

/** Something that lasted: a garbage collection, a lock wait, a slow statement. */
export interface MetricMark {
  readonly at: number;
  readonly durationMs: number;
  readonly service: string;
  readonly kind: string;
  readonly text: string;
  /** Of a database: what was asked, and what part of all that it was asked, 0 to 1. */
  readonly statement?: { readonly text: string; readonly share: number };
}

export interface MetricSource {
  readonly name: string;
  start(sink: MetricSink, options: { readonly signal: AbortSignal; readonly everyMs: number }): Promise<void>;
  /** Reads what is left. Safe twice. */
  stop(): Promise<void>;
}

export interface MetricSink {
  point(point: MetricPoint): void;
  mark(mark: MetricMark): void;
  onProblem(text: string): void;
}
