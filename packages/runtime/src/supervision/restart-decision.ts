import type { RestartPolicy } from "@dojang/model";

export interface Ending {
  readonly exitCode: number;
  /** Restarts made so far without a quiet spell between them. */
  readonly restarts: number;
  /** How long this attempt ran. */
  readonly ranMs: number;
  /** A fault or `stop` took it down on purpose. */
  readonly onPurpose: boolean;
}

export type RestartDecision = { readonly restart: false } | { readonly restart: true; readonly delayMs: number };

const firstDelayMs = 100;
const longestDelayMs = 60_000;
/** Docker forgets earlier failures once a container ran this long. */
export const quietSpellMs = 10_000;

/** As Docker does: 100 ms, doubled each time up to a minute, forgotten after ten seconds of running. */
export function decideRestart(policy: RestartPolicy, ending: Ending): RestartDecision {
  if (ending.onPurpose || policy.kind === "no") return { restart: false };
  if (policy.kind === "on-failure") {
    if (ending.exitCode === 0) return { restart: false };
    if (policy.maxRetries !== undefined && ending.restarts >= policy.maxRetries) return { restart: false };
  }
  const failures = ending.ranMs >= quietSpellMs ? 0 : ending.restarts;
  return { restart: true, delayMs: Math.min(firstDelayMs * 2 ** Math.min(failures, 20), longestDelayMs) };
}
