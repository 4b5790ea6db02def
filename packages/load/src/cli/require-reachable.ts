import { Problem } from "@dojang/model";
import { ArrivalClock } from "../generator/arrival-clock.ts";
import { Connection } from "../generator/connection.ts";
import type { LoadPlan } from "../plan/load-plan.ts";

/** Opens one connection before the traffic: a target that nobody listens at is no result. */
export async function requireReachable({ target, connections }: LoadPlan, signal: AbortSignal): Promise<void> {
  const failure = await new Promise<string | undefined>((resolve) => {
    const connection = new Connection(
      { target, connectTimeoutMs: connections.connectTimeoutMs, requests: 1, readBuffer: Buffer.alloc(1024), clock: new ArrivalClock() },
      {
        onFree: (opened) => {
          opened.close();
          resolve(undefined);
        },
        onClosed: (closed) => resolve(closed.lastFailure?.detail),
      },
    );
    signal.addEventListener("abort", () => connection.close(), { once: true });
  });
  if (failure === undefined || signal.aborted) return;
  const where = target.socketPath ?? `${target.host}:${target.port}`;
  throw new Problem({
    code: "load-target-unreachable",
    // Over TLS somebody may well answer, and not be believed.
    message: target.scheme === "https" ? `no connection to ${where} by TLS: ${failure}` : `nothing answers at ${where}: ${failure}`,
    fix: `start the server, or check host and port${target.scheme === "https" ? "; where its certificate is its own, trust it: --ca FILE" : ""}`,
    exit: "infrastructure",
  });
}
