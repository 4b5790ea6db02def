import { dirname } from "node:path";
import type { LoadResult } from "@dojang/load";
import type { SaturationHint } from "../../report/load-facts.ts";

const mostHints = 3;

/** What a scenario's script told that people should see first: what it threw, and checks that did not hold. */
export function scriptHints({ script, plan }: Pick<LoadResult, "script" | "plan">): SaturationHint[] {
  if (script === undefined) return [];
  const { module } = plan.scenario;
  const near = (at: string) => (module === undefined ? at : at.replace(`${dirname(module)}/`, ""));
  const errors = script.errors.map(
    ({ message, at, times }) => `the script failed ${times} x: ${message}${at === undefined ? "" : ` at ${near(at)}`}`,
  );
  const checks = script.checks
    .filter(({ failed }) => failed > 0)
    .map(({ name, passed, failed }) => `the check "${name}" did not hold in ${failed} of ${passed + failed} cases`);
  return [...errors, ...checks]
    .slice(0, mostHints)
    .map((text) => ({ service: "scenario", kind: "errors", text, fromMs: 0, certainty: "likely" }));
}
