import { Problem } from "@dojang/model";
import type { ScriptPlace } from "./script-place.ts";

export interface UnusableScript {
  readonly code: "scenario-script" | "scenario-script-stuck";
  readonly message: string;
  readonly fix: string;
  /** The module as a whole when absent. */
  readonly place?: ScriptPlace | undefined;
  readonly cause?: unknown;
}

/** What is said of a script that cannot go on. */
export function unusableScript(module: string, { code, message, fix, place, cause }: UnusableScript): Problem {
  const at = place ?? { file: module };
  return new Problem({
    code,
    message,
    fix,
    exit: "configuration",
    place: at,
    findings: [{ severity: "error", code, place: at, message, fix }],
    cause,
  });
}
