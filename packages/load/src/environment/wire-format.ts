import type { LoadPlan } from "../plan/load-plan.ts";
import type { LoadResult, SecondOfTraffic } from "../result/load-result.ts";
import { packSamples, unpackSamples } from "../result/pack-samples.ts";
import { withNames } from "../scenario/scenario.ts";

/** What is given to a generator inside an environment, on its standard input: one JSON object. */
export interface GeneratorOrder {
  readonly plan: LoadPlan;
  /** Name of the variable whose value is the target's address there: a runtime without names of its own rewrites it. */
  readonly targetVariable?: string;
  /** Of a scenario that is a program: its folder, for it is not there. `plan.scenario.module` says where it was. */
  readonly scriptFiles?: readonly ScriptFile[];
}

export interface ScriptFile {
  /** Below the script's folder. */
  readonly path: string;
  readonly text: string;
}

/** What it writes on its standard output: JSON, one a line. */
export type GeneratorLine =
  | { readonly kind: "started"; readonly at: number }
  | { readonly kind: "second"; readonly second: SecondOfTraffic }
  | { readonly kind: "result"; readonly result: WireResult }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly fix: string };

/** A result without its plan, samples packed. */
export type WireResult = Omit<LoadResult, "plan" | "samples"> & {
  readonly samples: { readonly of: number; readonly gzip: string; readonly requestIds: readonly (readonly [row: number, id: string])[] };
};

export function toWire({ plan: _plan, samples, ...rest }: LoadResult): WireResult {
  const { gzip, order } = packSamples(samples);
  const rowOf = new Map(Array.from(order, (from, row) => [from, row] as const));
  const requestIds = [...samples.requestIds].flatMap(([from, id]) => {
    const row = rowOf.get(from);
    return row === undefined ? [] : [[row, id] as const];
  });
  return { ...rest, samples: { of: samples.of, gzip: gzip.toString("base64"), requestIds } };
}

/** The same result; latencies of samples to 0.2 %. Throws a RangeError for samples that are none. */
export function fromWire(plan: LoadPlan, { samples, ...rest }: WireResult): LoadResult {
  const unpacked = unpackSamples(Buffer.from(samples.gzip, "base64"));
  return {
    ...rest,
    plan: withNames(
      plan,
      rest.requests.map((request) => request.name),
    ),
    samples: {
      count: unpacked.atMs.length,
      of: samples.of,
      atMs: unpacked.atMs,
      latencyUs: Uint32Array.from(unpacked.latencyMs, (ms) => Math.round(ms * 1000)),
      status: unpacked.status,
      request: unpacked.request,
      error: unpacked.error,
      requestIds: new Map(samples.requestIds),
    },
  };
}
