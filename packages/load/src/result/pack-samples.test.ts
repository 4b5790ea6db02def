import { expect, test } from "vitest";
import { createRandom } from "../generator/random.ts";
import { createSampleColumns } from "../generator/sample-columns.ts";
import type { Samples } from "./load-result.ts";
import { packSamples, unpackSamples } from "./pack-samples.ts";

test("what is unpacked is what was packed, in order of time, to a twentieth of a millisecond and two thousandths of the latency", () => {
  const random = createRandom(5);
  const columns = createSampleColumns(10_000, 1);
  for (let row = 0; row < 5_000; row++) {
    const latencyUs = Math.floor(1.2 ** (random() * 120));
    const status = 200 + Math.floor(random() * 300);
    columns.add({ intendedMs: random() * 4_000_000, latencyUs, status, request: row % 7, requestId: undefined }, row % 3);
  }
  const samples = kept(columns);
  const { gzip, order } = packSamples(samples);
  const unpacked = unpackSamples(gzip);
  expect(unpacked.atMs).toHaveLength(5_000);
  for (const [row, from] of order.entries()) {
    expect(Math.abs((unpacked.atMs[row] ?? 0) - (samples.atMs[from] ?? 0))).toBeLessThan(0.026);
    const us = samples.latencyUs[from] ?? 0;
    expect(Math.abs((unpacked.latencyMs[row] ?? 0) * 1000 - us)).toBeLessThanOrEqual(0.002 * (us + 1));
    expect([unpacked.status[row], unpacked.request[row], unpacked.error[row]]).toEqual([
      samples.status[from],
      samples.request[from],
      samples.error[from],
    ]);
  }
});

test("100,000 requests of a steady run are less than 300 KB", () => {
  const random = createRandom(9);
  const columns = createSampleColumns(100_000, 1);
  for (let row = 0; row < 100_000; row++)
    columns.add(
      {
        intendedMs: row * 0.5 + random(),
        latencyUs: 800 + Math.floor(400 * random()),
        status: 200,
        request: row % 3,
        requestId: undefined,
      },
      0,
    );
  expect(packSamples(kept(columns)).gzip.length * (4 / 3)).toBeLessThan(300_000);
});

test("bytes that end too early are refused", () => {
  const { gzip } = packSamples(kept(createSampleColumns(10, 1)));
  expect(unpackSamples(gzip).atMs).toHaveLength(0);
  expect(() => unpackSamples(Buffer.from("no gzip"))).toThrow();
});

function kept(columns: ReturnType<typeof createSampleColumns>): Samples {
  return { ...columns.columns(), requestIds: new Map() };
}
