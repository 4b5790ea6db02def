import type { AvailabilityCheck } from "../contract.ts";
import { probeMachine } from "../programs/probe-machine.ts";
import { machineChecks } from "./machine-checks.ts";
import { namespaceChecks } from "./namespace-checks.ts";
import { programChecks } from "./program-checks.ts";

/**
 * Everything of this machine that Dojang's runtimes and steps can make use of, each really tried, with the exact command
 * or edit that mends it. It changes nothing, and never throws except for an aborted signal.
 */
export async function probeDoctor(options: { readonly home: string; readonly signal: AbortSignal }): Promise<readonly AvailabilityCheck[]> {
  const { home, signal } = options;
  const groups = await Promise.all([
    machineChecks(home),
    process.platform === "linux" ? namespaceChecks() : [],
    probeMachine({ signal }).then((machine) => programChecks(machine)),
  ]);
  signal.throwIfAborted();
  return groups.flat();
}
