import { gunzipSync, gzipSync } from "node:zlib";
import type { Samples } from "./load-result.ts";

/**
 * Samples as few bytes: 100,000 requests in about 230 KB of base64. Rows in order of their time, then column by column:
 *
 *   count      u32, little endian, like everything that follows
 *   delta      u16 each: twentieths of a millisecond since the row before; 65535 means "and on", more of the time follows in the next
 *              entry of `overflow`
 *   overflow   u32 count, then u32 each: the whole delta
 *   latency    u16 each: round(ln(1 + us) * 512): steps of 0.2 %
 *   status     u16 each
 *   request    u16 each
 *   error      u8 each
 *
 * gzip does the rest, as columns of one kind repeat themselves.
 */
export interface UnpackedSamples {
  readonly atMs: Float64Array;
  readonly latencyMs: Float64Array;
  readonly status: Uint16Array;
  readonly request: Uint16Array;
  readonly error: Uint8Array;
}

const andOn = 65_535;
const ticksPerMs = 20;
const logSteps = 512;

/** Bytes as gzip, and for each packed row the row of `samples` that it was. */
export function packSamples(samples: Samples): { readonly gzip: Buffer; readonly order: Uint32Array } {
  const { count } = samples;
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  order.sort((a, b) => (samples.atMs[a] ?? 0) - (samples.atMs[b] ?? 0));
  const delta = new Uint16Array(count);
  const overflow: number[] = [];
  let before = 0;
  for (const [row, from] of order.entries()) {
    const at = Math.max(before, Math.round((samples.atMs[from] ?? 0) * ticksPerMs));
    const step = at - before;
    delta[row] = Math.min(step, andOn);
    if (step >= andOn) overflow.push(step);
    before = at;
  }
  const reorder = <Column extends Uint16Array | Uint8Array | Uint32Array>(column: Column, into: Column): Column => {
    // Rows of `order` are those of the columns.
    for (let row = 0; row < count; row++) into[row] = column[order[row]!]!;
    return into;
  };
  const latency = Uint16Array.from(reorder(samples.latencyUs, new Uint32Array(count)), (us) => Math.round(Math.log1p(us) * logSteps));
  const parts = [
    Uint32Array.of(count),
    delta,
    Uint32Array.of(overflow.length, ...overflow),
    latency,
    reorder(samples.status, new Uint16Array(count)),
    reorder(samples.request, new Uint16Array(count)),
    reorder(samples.error, new Uint8Array(count)),
  ];
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
  return { gzip: gzipSync(bytes, { level: 9 }), order };
}

/** The other way, also a description for readers elsewhere. Throws a RangeError for bytes that are no samples. */
export function unpackSamples(gzip: Uint8Array): UnpackedSamples {
  const bytes = gunzipSync(gzip);
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError(`packed samples end at ${bytes.length}, ${at + length} bytes were promised`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const u16 = (length: number) => {
    const from = take(length * 2);
    return Uint16Array.from({ length }, (_, index) => from.readUInt16LE(index * 2));
  };
  const count = take(4).readUInt32LE(0);
  const delta = u16(count);
  const overflow = take(take(4).readUInt32LE(0) * 4);
  let more = 0;
  let ticks = 0;
  const atMs = Float64Array.from(delta, (step) => {
    ticks += step === andOn ? overflow.readUInt32LE(4 * more++) : step;
    return ticks / ticksPerMs;
  });
  const latencyMs = Float64Array.from(u16(count), (code) => Math.expm1(code / logSteps) / 1000);
  return { atMs, latencyMs, status: u16(count), request: u16(count), error: Uint8Array.from(take(count)) };
}
