import type { Coverage, PatchCoverage } from "@dojang/model";
import type { GateFacts } from "../report/run-facts.ts";

export interface GateRequest {
  readonly job: string;
  readonly gate: { readonly patchCoverage?: number | undefined; readonly coverage?: number | undefined; readonly onMiss: "fail" | "warn" };
  readonly coverage: Coverage | undefined;
  readonly patch: PatchCoverage | undefined;
}

/** What a job must reach beside passing. A change without a single executable line misses nothing. */
export function judgeGates({ job, gate, coverage, patch }: GateRequest): readonly GateFacts[] {
  const facts: GateFacts[] = [];
  const add = (name: string, expected: number, seen: number | undefined, unknown: string) =>
    facts.push({
      job,
      gate: name,
      expected: `>= ${percent(expected)}`,
      seen: seen === undefined ? unknown : percent(seen),
      held: seen === undefined ? unknown === nothingToCover : seen >= expected,
      onMiss: gate.onMiss,
    });
  if (gate.patchCoverage !== undefined) {
    const unknown = coverage === undefined ? noCoverage : "unknown: nothing to compare with";
    add("patch-coverage", gate.patchCoverage, share(patch), patch === undefined ? unknown : nothingToCover);
  }
  if (gate.coverage !== undefined) add("coverage", gate.coverage, totalShare(coverage), noCoverage);
  return facts;
}

export function gatesHold(gates: readonly GateFacts[]): boolean {
  return gates.every((gate) => gate.held || gate.onMiss === "warn");
}

const noCoverage = "unknown: no coverage was reported";
const nothingToCover = "the change has no executable line";

function share(patch: PatchCoverage | undefined): number | undefined {
  return patch === undefined || patch.executableLines === 0 ? undefined : patch.coveredLines / patch.executableLines;
}

function totalShare(coverage: Coverage | undefined): number | undefined {
  const hits = coverage?.files.flatMap((file) => Object.values(file.hits)) ?? [];
  return hits.length === 0 ? undefined : hits.filter((count) => count > 0).length / hits.length;
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 1000) / 10} %`;
}
