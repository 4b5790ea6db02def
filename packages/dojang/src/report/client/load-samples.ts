import type { PackedSamples } from "../load-facts.ts";

/** Samples as the plot draws them: columns, in order of time. The format is told in packages/load/src/result/pack-samples.ts. */
export interface ShownSamples {
  readonly count: number;
  readonly atMs: Float64Array;
  readonly latencyMs: Float64Array;
  readonly status: Uint16Array;
  readonly request: Uint16Array;
  readonly error: Uint8Array;
}

export async function unpackLoadSamples({ base64 }: PackedSamples): Promise<ShownSamples> {
  const binary = atob(base64);
  const packed = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) packed[index] = binary.charCodeAt(index);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const view = new DataView(await new Response(stream).arrayBuffer());
  let at = 0;
  const u32 = (): number => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const u16s = (count: number): Uint16Array => {
    const values = new Uint16Array(count);
    for (let index = 0; index < count; index += 1) values[index] = view.getUint16(at + index * 2, true);
    at += count * 2;
    return values;
  };
  const count = u32();
  const delta = u16s(count);
  const overflow = Array.from({ length: u32() }, u32);
  const atMs = new Float64Array(count);
  let ticks = 0;
  let more = 0;
  for (let row = 0; row < count; row += 1) {
    const step = delta[row] ?? 0;
    ticks += step === 65_535 ? (overflow[more++] ?? 0) : step;
    atMs[row] = ticks / 20;
  }
  const latencyMs = Float64Array.from(u16s(count), (code) => Math.expm1(code / 512) / 1000);
  const status = u16s(count);
  const request = u16s(count);
  const error = Uint8Array.from({ length: count }, (_, row) => view.getUint8(at + row));
  return { count, atMs, latencyMs, status, request, error };
}
