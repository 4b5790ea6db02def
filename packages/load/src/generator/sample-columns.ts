import { createRandom } from "./random.ts";

/** One row per kept request, columns of equal length; see `Samples` of the result. Can be posted between threads. */
export interface SampleColumns {
  readonly count: number;
  readonly of: number;
  readonly atMs: Float64Array<ArrayBuffer>;
  readonly latencyUs: Uint32Array<ArrayBuffer>;
  readonly status: Uint16Array<ArrayBuffer>;
  readonly request: Uint16Array<ArrayBuffer>;
  readonly error: Uint8Array<ArrayBuffer>;
  readonly requestIds: ReadonlyMap<number, string>;
}

export interface SampleRow {
  readonly atMs: number;
  readonly latencyUs: number;
  readonly status: number;
  readonly request: number;
  readonly error: number;
  readonly requestId: string | undefined;
}

/** Columns that grow by doubling up to `max` rows; from then on each request has the same chance to be kept (reservoir, algorithm R). */
export function createSampleColumns(max: number, seed: number): { add(row: SampleRow): void; columns(): SampleColumns } {
  const random = createRandom(seed);
  const requestIds = new Map<number, string>();
  let capacity = Math.max(1, Math.min(max, 4096));
  let kept = 0;
  let seen = 0;
  let atMs = new Float64Array(capacity);
  let latencyUs = new Uint32Array(capacity);
  let status = new Uint16Array(capacity);
  let request = new Uint16Array(capacity);
  let error = new Uint8Array(capacity);

  const grow = (): void => {
    capacity = Math.min(max, capacity * 2);
    atMs = grown(atMs, new Float64Array(capacity));
    latencyUs = grown(latencyUs, new Uint32Array(capacity));
    status = grown(status, new Uint16Array(capacity));
    request = grown(request, new Uint16Array(capacity));
    error = grown(error, new Uint8Array(capacity));
  };

  return {
    add(row) {
      seen++;
      let at = kept;
      if (kept < max) {
        if (kept === capacity) grow();
        kept++;
      } else {
        at = Math.floor(random() * seen);
        if (at >= max) return;
        requestIds.delete(at);
      }
      atMs[at] = row.atMs;
      latencyUs[at] = Math.min(row.latencyUs, 4_294_967_295);
      status[at] = row.status;
      request[at] = row.request;
      error[at] = row.error;
      if (row.requestId !== undefined) requestIds.set(at, row.requestId);
    },
    columns: () => ({
      count: kept,
      of: seen,
      atMs: atMs.slice(0, kept),
      latencyUs: latencyUs.slice(0, kept),
      status: status.slice(0, kept),
      request: request.slice(0, kept),
      error: error.slice(0, kept),
      requestIds,
    }),
  };
}

function grown<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
