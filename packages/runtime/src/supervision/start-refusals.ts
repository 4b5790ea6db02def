import { gateOf, type SeenService } from "./start-order.ts";
import { hasEnded, type SupervisedEntry } from "./supervised-entry.ts";
import { SupervisionError } from "./supervision-error.ts";

export interface StartLimits {
  readonly timeoutMs: number;
  /**
   * How often in a row a service that starts again by itself may end before it is ready, with nothing missing that it could wait for.
   * As often as it takes until the time is up when absent.
   */
  readonly mostEndings?: number;
  readonly signal: AbortSignal;
}

export function unhealthy(entry: SupervisedEntry): SupervisionError {
  const { name, health } = entry.service;
  return new SupervisionError({
    code: "service-unhealthy",
    exit: "infrastructure",
    message: `service ${name} is unhealthy after ${health?.retries} failed probes: ${entry.lastHealthOutput?.trim() ?? "no output"}`,
    fix: `read the log of ${name}; if it only needs longer, raise start_period or retries of its health check`,
  });
}

export function endedTooSoon(entry: SupervisedEntry): SupervisionError {
  const { name } = entry.service;
  return new SupervisionError({
    code: "service-exited",
    exit: "infrastructure",
    message: `service ${name} ended with ${entry.exitCode} before the environment was ready`,
    fix: `read the log of ${name}`,
  });
}

/** What waits to be started again for the so-manieth time will not come. */
export function refuseVain(entry: SupervisedEntry, { mostEndings = Number.POSITIVE_INFINITY }: StartLimits): void {
  if (entry.vainAttempts < mostEndings || !entry.restartPending) return;
  const { name } = entry.service;
  throw new SupervisionError({
    code: "service-exited",
    exit: "infrastructure",
    message: `service ${name} ended ${entry.vainAttempts} times in a row before it was ready, the last time with ${entry.exitCode}`,
    fix: `mend what ends ${name}: its last lines tell`,
  });
}

export function dependencyFailed(name: string, because: string): SupervisionError {
  return new SupervisionError({
    code: "dependency-failed",
    exit: "infrastructure",
    message: `service ${name} cannot start: ${because}`,
    fix: "read the log of the service it waits for",
  });
}

interface Looking {
  readonly timeoutMs: number;
  readonly seen: (name: string) => SeenService | undefined;
}

export function notReadyInTime(looked: readonly SupervisedEntry[], { timeoutMs, seen }: Looking): SupervisionError {
  const late = looked.filter(
    (entry) => entry.state !== "healthy" && entry.state !== "running" && !(hasEnded(entry) && entry.exitCode === 0),
  );
  const waitsFor = (entry: SupervisedEntry) => {
    const gate = gateOf(entry.service, seen);
    return entry.state === "created" && gate.kind === "waiting" ? gate.for : undefined;
  };
  const details = late.map((entry) => {
    const waited = waitsFor(entry);
    if (waited !== undefined) return `${entry.service.name} waits for ${waited}`;
    const again = entry.restarts > 0 ? `, restarted ${entry.restarts} times` : "";
    return `${entry.service.name} is ${entry.state}${again}${entry.lastHealthOutput ? ` (${entry.lastHealthOutput.trim()})` : ""}`;
  });
  const reason = late.find((entry) => waitsFor(entry) === undefined) ?? late[0];
  return new SupervisionError({
    code: "start-timeout",
    exit: "infrastructure",
    message: `the environment was not ready within ${timeoutMs} ms: ${details.join("; ")}`,
    fix: `read the log of ${reason?.service.name ?? "the services"}, or allow more time for the start`,
  });
}
