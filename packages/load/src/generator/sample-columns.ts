import { createRandom } from "./random.ts";
import { hexOf, type RequestId } from "./request-ids.ts";

/** One row per kept request, columns of equal length; see `Samples` of the result. Can be posted between threads. */
export interface SampleColumns {
  readonly count: number;
  readonly of: number;
  readonly atMs: Float64Array<ArrayBuffer>;
  readonly latencyUs: Uint32Array<ArrayBuffer>;
  readonly status: Uint16Array<ArrayBuffer>;
  readonly request: Uint16Array<ArrayBuffer>;
  readonly error: Uint8Array<ArrayBuffer>;
  /** Four words a row; zeros for a request without an id. Empty when none had one. */
  readonly idWords: Uint32Array<ArrayBuffer>;
}

export interface SampleRow {
  readonly intendedMs: number;
  readonly latencyUs: number;
  readonly status: number;
  readonly request: number;
  readonly requestId: RequestId | undefined;
}

type Columns = Omit<SampleColumns, "count" | "of">;

/** Rows of a chunk. Columns that grow by doubling would stop the traffic while they are copied. */
const chunkRows = 16_384;
const wordsOfId = 4;

/** Keeps up to `max` rows; from then on each request has the same chance to be kept (reservoir, algorithm R). */
export function createSampleColumns(max: number, seed: number): { add(row: SampleRow, error: number): void; columns(): SampleColumns } {
  const random = createRandom(seed);
  const chunks: Columns[] = [];
  let kept = 0;
  let seen = 0;
  let hasIds = false;

  return {
    add(row, error) {
      seen++;
      let place = kept;
      if (kept < max) {
        if (kept++ % chunkRows === 0) chunks.push(emptyColumns(Math.min(chunkRows, max - place)));
      } else {
        place = Math.floor(random() * seen);
        if (place >= max) return;
      }
      const at = place % chunkRows;
      // Made above, for this row or an earlier one.
      const chunk = chunks[(place - at) / chunkRows]!;
      chunk.atMs[at] = row.intendedMs;
      chunk.latencyUs[at] = Math.min(row.latencyUs, 4_294_967_295);
      chunk.status[at] = row.status;
      chunk.request[at] = row.request;
      chunk.error[at] = error;
      const id = row.requestId;
      if (id === undefined && !hasIds) return;
      hasIds = true;
      for (let word = 0; word < wordsOfId; word++)
        chunk.idWords[at * wordsOfId + word] = id === undefined ? 0 : (id.words[id.at + word] ?? 0);
    },
    columns() {
      const joined = emptyColumns(kept);
      for (const [index, chunk] of chunks.entries()) {
        const from = index * chunkRows;
        const rows = Math.min(chunkRows, kept - from);
        joined.atMs.set(chunk.atMs.subarray(0, rows), from);
        joined.latencyUs.set(chunk.latencyUs.subarray(0, rows), from);
        joined.status.set(chunk.status.subarray(0, rows), from);
        joined.request.set(chunk.request.subarray(0, rows), from);
        joined.error.set(chunk.error.subarray(0, rows), from);
        joined.idWords.set(chunk.idWords.subarray(0, rows * wordsOfId), from * wordsOfId);
      }
      return { count: kept, of: seen, ...joined, ...(hasIds ? {} : { idWords: new Uint32Array() }) };
    },
  };
}

/** The ids of those rows that have one. */
export function idsOfRows({ count, idWords }: Pick<SampleColumns, "count" | "idWords">): ReadonlyMap<number, string> {
  const ids = new Map<number, string>();
  if (idWords.length === 0) return ids;
  for (let row = 0; row < count; row++) {
    const words = idWords.subarray(row * wordsOfId, (row + 1) * wordsOfId);
    if (words.some((word) => word !== 0)) ids.set(row, hexOf(words));
  }
  return ids;
}

function emptyColumns(rows: number): Columns {
  return {
    atMs: new Float64Array(rows),
    latencyUs: new Uint32Array(rows),
    status: new Uint16Array(rows),
    request: new Uint16Array(rows),
    error: new Uint8Array(rows),
    idWords: new Uint32Array(rows * wordsOfId),
  };
}
